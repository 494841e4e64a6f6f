"""The front: the command line and the Python entry; it sees everything below."""
