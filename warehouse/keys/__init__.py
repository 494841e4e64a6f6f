"""Where keys are kept: their names and rows in the registry, and the file of the master key.

Others use `warehouse.keyring`.
"""
