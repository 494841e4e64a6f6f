"""The errors that people see, each one clear line: what happened, with its numbers, and what to do.

FootfallError             something failed: exit code 1
├── UsageError            the call or a setting was wrong: exit code 2
└── (one subclass a package, named after what failed)

Any other exception is a fault of the program. What it says may quote a record, so people are told its kind and its place only.
"""

from pathlib import Path
from traceback import extract_tb
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_OURS: Final = frozenset({"footfall", "dashboards", "warehouse", "ingest", "transform", "policy"})


class FootfallError(Exception):
    """Something failed; nothing is lost. The text is one line for the person at the terminal."""

    exit_code = 1


class UsageError(FootfallError):
    """The command, an option or a setting was wrong; nothing was begun."""

    exit_code = 2


def place_of(error: BaseException) -> str:
    """Say of what kind an exception is and which line of ours it left last, such as ``ValueError at ingest/sinks.py:12``."""
    place = ""
    for frame in extract_tb(error.__traceback__):
        file = Path(frame.filename)
        if file.is_relative_to(_ROOT) and file.relative_to(_ROOT).parts[0] in _OURS:
            place = f" at {file.relative_to(_ROOT)}:{frame.lineno}"
    return type(error).__name__ + place
