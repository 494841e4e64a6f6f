"""What is wrong with a warehouse, and how to mend it."""
