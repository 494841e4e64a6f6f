"""The SQL database of promises: which keys there are, which files came, who read what, what was found.

SQLite in one private file by default; the statements are those that PostgreSQL understands too.
"""

from warehouse.registry.connect import RegistryError, sqlite_url
from warehouse.registry.records import Access, Finding, Origin
from warehouse.registry.registry import Registry

__all__ = ["Access", "Finding", "Origin", "Registry", "RegistryError", "sqlite_url"]
