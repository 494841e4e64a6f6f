"""The SQL database of promises: which keys there are, who registered, which files came, who read what, what was handed out.

SQLite in one private file by default; the statements are those that PostgreSQL understands too.
"""

from warehouse.registry.connect import FencedError, RegistryError, sqlite_url
from warehouse.registry.records import Access, Disclosure, Erasure, Finding, Origin
from warehouse.registry.registry import Registry
from warehouse.registry.subjects import Subjects

__all__ = [
    "Access",
    "Disclosure",
    "Erasure",
    "FencedError",
    "Finding",
    "Origin",
    "Registry",
    "RegistryError",
    "Subjects",
    "sqlite_url",
]
