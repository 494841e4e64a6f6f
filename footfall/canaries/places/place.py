"""A kind of place in which a secret is planted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

from footfall.canaries.secrets import ANNOUNCED, KINDS, Chance
from footfall.canaries.writings import WRITINGS

ANNOUNCING: Final = frozenset({"plain", "percent", "double", "plus", "upper", "lower"})
"""Writings in which a name before a value can still be read as a name."""

CASED: Final = frozenset({"basic", "web_token"})
"""Credentials in base64, which other letters destroy."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a secret in its record.

    Attributes:
        rng: makes ids and addresses that are nobody's.
        now: the time of records.
    """

    rng: Chance
    now: datetime


Carrier: TypeAlias = Literal["value", "key", "header", "header_name"]
Build: TypeAlias = Callable[[str, Surroundings], bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of place.

    Attributes:
        name: what people call it.
        source: the source whose records have it.
        build: makes the record from the secret as it is written there.
        kinds: which secrets are planted there; where a page's name stands, only those that can be told by their form.
        writings: the ways in which they may be written there.
        promised: which of them our own senders take out before Kafka, besides those that announce themselves (R26).
        is_whole: the secret stands in one piece, so that it can say itself what it is.
        is_wide: its records have sixteen bits a letter.
        carrier: the part of the Kafka record that has the secret; of all but the value only other programs make use.
    """

    name: str
    source: str
    build: Build
    kinds: frozenset[str] = KINDS
    writings: Mapping[str, Callable[[str], str]] = field(default_factory=lambda: WRITINGS)
    promised: frozenset[str] = frozenset()
    is_whole: bool = True
    is_wide: bool = False
    carrier: Carrier = "value"

    def is_promised(self, kind: str, writing: str) -> bool:
        """Tell whether a secret of this kind, so written, may not even reach Kafka from our own senders."""
        if kind in CASED and writing in {"upper", "lower"}:
            return kind in self.promised  # what is left of it no longer says what it was, and opens nothing
        return kind in self.promised or (self.is_whole and kind in ANNOUNCED and writing in ANNOUNCING)
