"""One module a verb; each has `command`, whose docstring is its manual, or `app` with the verbs below it."""

from importlib import import_module
from types import ModuleType
from typing import Final

from footfall.lean import searching_nothing

ROOMS: Final = {
    "pipeline": ("run", "ship", "ingest", "nightly", "simulate"),
    "answers": ("report", "sql", "traffic", "profile"),
    "health": ("status", "doctor", "dead-letters"),
    "privacy": ("keys", "policy", "attack"),
}
"""The rooms of the verbs' modules, by what verbs are for."""


def load_verb(verb: str) -> ModuleType:
    """Import the module of a verb, and with it only what that verb needs."""
    (room,) = (room for room, verbs in ROOMS.items() if verb in verbs)
    with searching_nothing():
        return import_module(f"footfall.commands.{room}.{verb.replace('-', '_')}")
