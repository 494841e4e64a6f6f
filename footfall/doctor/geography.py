"""How true the places are: how many answers would be different if addresses were masked, or another database were asked.

Addresses are drawn from the table's own ranges, or come from a log file and stay in memory; what leaves is shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transform.geography import UNKNOWN, Places
from transform.geography.addresses import read_addresses
from transform.geography.intervals import NO_PLACE, Intervals, Keys, PlaceNumbers

MASKS: Final = ((24, 48), (16, 32))
"""Leading bits that are kept of IPv4 and of IPv6 addresses."""
ADDRESSES: Final = 200_000
V4_BITS: Final = 32
V6_BITS: Final = 64  # the table knows the upper half of an IPv6 address

Shares = npt.NDArray[np.float64]
Words = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Sample:
    """Addresses in memory, never stored or shown, and how many answers each stands for.

    Attributes:
        origin: where they come from, in words.
        v4, v4_weights: whole IPv4 addresses (uint32), and answers.
        v6, v6_weights: upper halves of IPv6 addresses (uint64), and answers.
        unknown: answers without a place, of whatever was no address or has none.
    """

    origin: str
    v4: Keys
    v4_weights: Shares
    v6: Keys
    v6_weights: Shares
    unknown: float = 0.0

    @property
    def total(self) -> float:
        """All answers."""
        return float(self.v4_weights.sum() + self.v6_weights.sum() + self.unknown)

    @classmethod
    def of_table(
        cls, places: Places, mix: Mapping[str, float], chance: np.random.Generator, addresses: int = ADDRESSES
    ) -> Self:
        """Draw IPv4 addresses from the ranges of each country, as often as the mix says: no visitor's address is needed.

        Within a country every address is equally likely. IPv6 is left out: its ranges say nothing about how many people
        use them.

        Args:
            places: the table that is drawn from.
            mix: answers by country, `unknown` among them; when empty, every address that has a place is equally likely.
            chance: decides which addresses are drawn.
            addresses: how many.
        """
        table = places.tables.v4
        ends = np.append(table.starts[1:].astype(np.float64), float(2**V4_BITS))
        widths = np.where(table.places == NO_PLACE, 0.0, ends - table.starts)
        weights = widths * _wanted(places, widths, mix) if mix else widths
        empty = np.empty(0, np.uint64)
        if not weights.any():
            return cls(
                "no address whose place was seen",
                empty.astype(np.uint32),
                empty.astype(float),
                empty,
                empty.astype(float),
                1.0,
            )
        until = np.cumsum(weights)
        # One draw from each of as many equal parts: far steadier than as many draws from the whole.
        points = (np.arange(addresses) + chance.random(addresses)) * (until[-1] / addresses)
        rows = np.minimum(np.searchsorted(until, points, side="right"), len(until) - 1)
        keys = (table.starts[rows] + (chance.random(addresses) * widths[rows])).astype(np.uint32)
        known = sum(share for country, share in mix.items() if country != UNKNOWN)
        unknown = addresses * mix.get(UNKNOWN, 0.0) / known if known else 0.0
        origin = f"{addresses:,} addresses of the table" + (
            ", as often as each country's pages were seen" if mix else ""
        )
        return cls(origin, keys, np.ones(addresses), empty, np.empty(0), unknown)

    @classmethod
    def of_addresses(cls, texts: pa.StringArray, lines: npt.NDArray[np.int64], origin: str) -> Self:
        """Take distinct addresses as text, with the number of lines of each; what is no address is unknown."""
        read, weights = read_addresses(texts), lines.astype(np.float64)
        v4, v6 = weights[read.v4_rows], weights[read.v6_rows]
        unknown = max(0.0, float(weights.sum() - v4.sum() - v6.sum()))
        return cls(origin, read.v4_keys, v4, read.v6_keys, v6, unknown)


@dataclass(frozen=True, slots=True)
class Change:
    """What another way of asking would change.

    Attributes:
        way: `mask` or `database`.
        name: which one.
        countries: share of the answers with another country, from 0 to 1.
        places: share of the answers with another country or region.
    """

    way: str
    name: str
    countries: float
    places: float


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How true the places are.

    Attributes:
        database, built, age_days: the database in use, its day, and how old it is.
        sample: what was asked.
        answers: how many answers that stands for.
        unknown_countries, unknown_regions: share of the answers without one, from 0 to 1.
        changes: the other ways, and what each would change.
    """

    database: str
    built: date
    age_days: int
    sample: str
    answers: int
    unknown_countries: float
    unknown_regions: float
    changes: tuple[Change, ...]


def fidelity(places: Places, sample: Sample, today: date, other: Places | None = None) -> Fidelity:
    """Ask for the places of a sample, of the same addresses masked to /24 and /16 (IPv6: /48 and /32), and another database.

    Args:
        places: the database in use.
        sample: the addresses; they are looked up in memory and forgotten.
        today: for the database's age.
        other: the database to compare with, if any.
    """
    answers = _Answers.of(places, sample)
    changes = [
        answers.against(_Answers.of(places, sample, kept), "mask", f"/{kept[0]}, IPv6 /{kept[1]}") for kept in MASKS
    ]
    if other:
        changes.append(answers.against(_Answers.of(other, sample), "database", f"{other.name} of {other.built}"))
    return Fidelity(
        places.name,
        places.built,
        (today - places.built).days,
        sample.origin,
        round(sample.total),
        answers.share(answers.countries == UNKNOWN, sample.unknown),
        answers.share(answers.regions == UNKNOWN, sample.unknown),
        tuple(changes),
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    """Country and region of each address of a sample, IPv4 before IPv6."""

    countries: Words
    regions: Words
    weights: Shares
    total: float

    @classmethod
    def of(cls, places: Places, sample: Sample, kept: tuple[int, int] = (V4_BITS, V6_BITS)) -> Self:
        numbers = np.concatenate(
            [
                _find(places.tables.v4, sample.v4, V4_BITS - kept[0]),
                _find(places.tables.v6, sample.v6, V6_BITS - kept[1]),
            ]
        )
        named = places.tables.places
        countries = np.array([*(place[:2] for place in named), UNKNOWN])
        regions = np.array([*(place if "-" in place else UNKNOWN for place in named), UNKNOWN])
        weights = np.concatenate([sample.v4_weights, sample.v6_weights])
        return cls(countries[numbers], regions[numbers], weights, sample.total)

    def against(self, other: Self, way: str, name: str) -> Change:
        countries = self.countries != other.countries
        return Change(way, name, self.share(countries), self.share(countries | (self.regions != other.regions)))

    def share(self, which: npt.NDArray[np.bool_], besides: float = 0.0) -> float:
        return float(self.weights[which].sum() + besides) / self.total if self.total else 0.0


def _find(table: Intervals, keys: Keys, bits_cut: int) -> PlaceNumbers:
    cut: Any = keys.dtype.type(bits_cut)
    return table.find(keys >> cut << cut)


def _wanted(places: Places, widths: Shares, mix: Mapping[str, float]) -> Shares:
    """Say for each row of the IPv4 table how often one of its addresses is wanted."""
    countries = np.array([*(place[:2] for place in places.tables.places), UNKNOWN])[places.tables.v4.places]
    names, numbers = np.unique(countries, return_inverse=True)
    held = np.bincount(numbers, widths)
    asked = np.array([mix.get(str(name), 0.0) if name != UNKNOWN else 0.0 for name in names])
    each: Shares = np.divide(asked, held, out=np.zeros_like(held), where=held > 0)
    return each[numbers]
