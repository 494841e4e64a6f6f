"""Which key: its purpose, its period and its generation, and how these are written as one id."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

import sqlalchemy as sa

from warehouse.master_key import KeyringError
from warehouse.registry import schema

IMPORT: Final = "import"
DAY: Final = "day"
MASTER: Final = "master"
EXPORT: Final = "export"
RESERVED: Final = frozenset({IMPORT, DAY, MASTER})
PURPOSE: Final = re.compile(r"[a-z][a-z_]{0,39}")
MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
GENERATION: Final = re.compile(r"[1-9]\d{0,8}")


@dataclass(frozen=True, slots=True)
class KeyName:
    """Which key.

    Attributes:
        purpose: what it is for; `import`, `day`, or a purpose of one's own.
        period: the event date of a day key, the month of a file key, "" for a key that is never rotated.
        generation: counted from 1; a later one takes the place of an earlier one for what is new.
    """

    purpose: str
    period: str
    generation: int

    @classmethod
    def of_file(cls, key_id: str) -> Self:
        """Read the id of a file key, such as `profile/2026-11/1`.

        Raises:
            KeyringError: it is no such id; it is not shown, for a file may say anything.
        """
        parts = key_id.split("/")
        if len(parts) != 3 or not all(  # noqa: PLR2004 - purpose, month, generation
            pattern.fullmatch(part) for pattern, part in zip((PURPOSE, MONTH, GENERATION), parts, strict=True)
        ):
            raise KeyringError("a file names its key in a way that this program does not know; was it written here?")
        purpose, month, generation = parts
        return cls(check_purpose(purpose), month, int(generation))

    @property
    def key_id(self) -> str:
        """The name as one text."""
        return f"{self.purpose}/{self.period}/{self.generation}"

    @property
    def chosen(self) -> sa.ColumnElement[bool]:
        """The condition that chooses its row in the registry."""
        keys = schema.keys.c
        return sa.and_(keys.purpose == self.purpose, keys.period == self.period, keys.generation == self.generation)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What may be told about a key: everything but its bytes.

    Attributes:
        purpose, period, generation: which key, as in `KeyName`; the purpose `master` notes rotations of the master.
        created_at: when it was made, UTC.
        destroyed_at: when its bytes were deleted, UTC; None while it is held.
    """

    purpose: str
    period: str
    generation: int
    created_at: datetime
    destroyed_at: datetime | None

    @property
    def is_master(self) -> bool:
        """Tell whether this notes a rotation of the master, which is not in the registry itself."""
        return self.purpose == MASTER

    @property
    def is_day(self) -> bool:
        """Tell whether this is a day key."""
        return self.purpose == DAY

    def over_at(self, late: timedelta) -> datetime:
        """Say when the time of a day key is over: `late` after its day's end (UTC), or after its making where that is later."""
        end = datetime.combine(date.fromisoformat(self.period) + timedelta(days=1), time(), UTC)
        return max(self.created_at, end) + late


def check_purpose(purpose: str) -> str:
    """Give the purpose back when a key may have it.

    Raises:
        KeyringError: it is spelled wrongly, or belongs to the keyring itself.
    """
    if purpose in RESERVED or not PURPOSE.fullmatch(purpose):
        raise KeyringError(
            f"a key's purpose is up to 40 small letters and underscores, and none of {', '.join(sorted(RESERVED))}"
        )
    return purpose


def check_month(month: str) -> str:
    """Give the month back when it is written as `2026-11`.

    Raises:
        KeyringError: it is not.
    """
    if not MONTH.fullmatch(month):
        raise KeyringError("the month of a key is written like 2026-11")
    return month
