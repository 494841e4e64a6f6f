"""The lake: Delta tables whose commits carry the partition marks, so that rows and marks move together or not at all."""

from warehouse.lake.errors import FencedError, LakeError
from warehouse.lake.files import STAGED_AGE_MAX, FileKeys, Staged
from warehouse.lake.lake import Lake
from warehouse.lake.rewrite import Compacted
from warehouse.lake.table import LakeTable

__all__ = ["STAGED_AGE_MAX", "Compacted", "FencedError", "FileKeys", "Lake", "LakeError", "LakeTable", "Staged"]
