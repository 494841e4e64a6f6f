"""The registered people: from forms to accounts, sealed, found by pseudonym, forgotten when they are children."""

from warehouse.registry.subjects.accounts import Account
from warehouse.registry.subjects.sealing import Person
from warehouse.registry.subjects.subjects import Subjects

__all__ = ["Account", "Person", "Subjects"]
