"""What is kept and how it is read: lake, registry, keyring, the door, models and releases."""
