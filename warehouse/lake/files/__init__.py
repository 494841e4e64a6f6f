"""The table's files: staged, flushed, and their personal columns encrypted."""

from warehouse.lake.files.durable import make_folder, sync_file, sync_folder
from warehouse.lake.files.encryption import FileKeys, Sealing, file_format, key_id_of, unlock
from warehouse.lake.files.stage import PARTITION, STAGED_AGE_MAX, Staged, Staging

__all__ = [
    "PARTITION",
    "STAGED_AGE_MAX",
    "FileKeys",
    "Sealing",
    "Staged",
    "Staging",
    "file_format",
    "key_id_of",
    "make_folder",
    "sync_file",
    "sync_folder",
    "unlock",
]
