"""The table's files by themselves: how they are laid down."""
