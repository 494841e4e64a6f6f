"""The proof: plant, go the whole way, and look for every secret in every byte."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from footfall.canaries.breaking import broken
from footfall.canaries.crowd import crowd
from footfall.canaries.journey import SOURCES, Scratch, alone, travel
from footfall.canaries.places import Surroundings
from footfall.canaries.planting import OURS, Planted, chance, plant
from footfall.canaries.report import CanaryReport, Hit
from footfall.canaries.scan import Matcher, Piece, numbers_of, patterns_of, read_everything
from footfall.canaries.scan.stores import KAFKA
from footfall.house import House, now, seconds

OPENED: Final = "registry (opened)"
NUMBER_MIN: Final = 2**24
"""Smaller numbers are counts and offsets as well."""


def run_canaries(
    scratch: Path, seed: int, *, off: frozenset[str] = frozenset(), count: int | None = None, to_the_end: bool = True
) -> CanaryReport:
    """Plant secrets in every field of every source, go the whole way in a scratch warehouse, and look for them.

    Args:
        scratch: an empty folder, which the caller removes; nothing is written anywhere else.
        seed: what is planted, and where; the keys of the warehouse are made by chance every time.
        off: steps that do not do their work, by the names in `footfall.canaries.breaking.STEPS`: the proof must fail then.
        count: at most so many secrets, but one in each kind of place; all of them when None.
        to_the_end: go on behind the lake: through a night, into reports, exports and answers.

    Raises:
        UsageError: a name in `off` is not known.
        FootfallError: the broker cannot be started.
    """
    folders = Scratch(scratch / "written", scratch / "given")
    rng = chance(seed)
    started = seconds()
    planted = plant(rng, now(), count)
    others = crowd(Surroundings(rng, now()))
    planting_s = seconds() - started
    with alone(folders), broken(off):
        travel(folders, planted, others, to_the_end=to_the_end)
        travelling_s = seconds() - started - planting_s
        with House.open() as house:
            found, sizes = _look(house, folders, planted)
            rows = {name: size["rows"] for name, size in house.lake.sizes().items() if size["rows"]}
    return CanaryReport(
        planted=len(planted),
        kinds_of_place=len({one.place.name for one in planted}),
        kinds_of_secret=len({one.secret.kind for one in planted}),
        hits=tuple(sorted(found)),
        bytes_scanned=sum(sizes.values()),
        bytes_by_store=dict(sorted(sizes.items())),
        rows=rows,
        seconds={
            "planting": planting_s,
            "travelling": travelling_s,
            "looking": seconds() - started - planting_s - travelling_s,
        },
    )


def _look(house: House, folders: Scratch, planted: Sequence[Planted]) -> tuple[set[Hit], Counter[str]]:
    """Look for all secrets in everything that was written."""
    matcher = Matcher(
        [
            pattern
            for owner, one in enumerate(planted)
            for pattern in patterns_of(owner, one.secret, one.writing, is_wide=one.place.is_wide)
        ]
    )
    owners_of = {number: owner for owner, one in enumerate(planted) for number in numbers_of(one.secret)}
    numbers = np.array([number for number in owners_of if NUMBER_MIN <= abs(number) < 2**63], np.int64)
    hits: set[Hit] = set()
    sizes: Counter[str] = Counter()
    for piece in _pieces(house, folders, planted):
        owners = matcher.owners(piece.data)
        sizes[piece.store] += len(piece.data)
        if piece.numbers is not None:
            values = piece.numbers.astype(np.int64)
            sizes[piece.store] += piece.numbers.nbytes
            owners |= {owners_of[number] for number in values[np.isin(values, numbers)].tolist()}
        hits |= {_hit(piece.store, planted[owner]) for owner in owners if _may_not(piece.store, planted[owner])}
    return hits, sizes


def _pieces(house: House, folders: Scratch, planted: Sequence[Planted]) -> Iterator[Piece]:
    yield from read_everything(folders.root, folders.data, house.keyring, frozenset(SOURCES))
    for one in planted:
        if one.place.source == "registration" and (who := _customer_of(one.record)):
            yield Piece(OPENED, msgspec.json.encode(house.subjects.account(who)))


def _customer_of(record: bytes) -> str | None:
    """Say whom a form is about, if it is one."""
    try:
        customer = json.loads(record)["customer_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return customer if isinstance(customer, str) else None


def _may_not(store: str, one: Planted) -> bool:
    """Tell whether a secret is wrong in a store.

    Kafka may hold what other programs sent, and addresses; the registry holds what people say of themselves, sealed. What
    is promised of credentials holds for both.
    """
    if store == KAFKA:
        return one.sender == OURS and one.place.is_promised(one.secret.kind, one.writing)
    return store != OPENED or one.place.is_promised(one.secret.kind, one.writing)


def _hit(store: str, one: Planted) -> Hit:
    return Hit(store, one.place.name, one.secret.kind, one.writing, one.sender)
