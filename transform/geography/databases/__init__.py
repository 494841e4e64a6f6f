"""City and Country databases of MaxMind and DB-IP (MMDB files), turned into tables of intervals."""

from transform.geography.databases.compiler import compile_database
from transform.geography.databases.records import Named

__all__ = ["Named", "compile_database"]
