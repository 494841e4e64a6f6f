"""Which secret is planted where: every kind in every kind of place, each time in another writing and by another sender."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from footfall.canaries.places import PLACES, Place, Surroundings
from footfall.canaries.secrets import Chance, Secret, draw

OURS: Final = "ship"
FOREIGN: Final = "another program"
SENDERS: Final = (OURS, FOREIGN)


@dataclass(frozen=True, slots=True)
class Planted:
    """One secret in its place.

    Attributes:
        secret: what was planted.
        place: where.
        writing: how it is written there.
        sender: who sends the record.
        record: the record.
        text: the secret as it is written.
    """

    secret: Secret
    place: Place
    writing: str
    sender: str
    record: bytes
    text: str

    @property
    def key(self) -> bytes | None:
        """The record's key in Kafka, where that has the secret."""
        return self.text.encode() if self.place.carrier == "key" else None

    @property
    def headers(self) -> dict[str, bytes]:
        """The record's headers in Kafka, where one has the secret."""
        if self.place.carrier == "header":
            return {"x-request": self.text.encode()}
        return {self.text: b"1"} if self.place.carrier == "header_name" else {}


def plant(rng: Chance, now: datetime, count: int | None) -> list[Planted]:
    """Plant every kind of secret in every kind of place.

    Args:
        rng: chooses; the same seed plants the same.
        now: the time of the records.
        count: at most so many, but one in every place at least; None for all of them.
    """
    around = Surroundings(rng, now)
    pairs = [(place, kind) for place in PLACES for kind in sorted(place.kinds)]
    if count is not None:
        pairs = _some(rng, pairs, count)
    planted = []
    turn = int(rng.integers(0, 100))
    for place, kind in pairs:
        turn += 1
        writings = list(place.writings)
        writing = writings[turn % len(writings)]
        secret = draw(rng, kind)
        text = place.writings[writing](secret.text)
        sender = SENDERS[(turn // len(writings)) % 2] if place.carrier == "value" else FOREIGN
        planted.append(Planted(secret, place, writing, sender, place.build(text, around), text))
    return planted


def _some(rng: Chance, pairs: Sequence[tuple[Place, str]], count: int) -> list[tuple[Place, str]]:
    """Choose pairs: one of every place, one of every kind, and others by chance."""
    order = rng.permutation(len(pairs)).tolist()
    first: dict[str, int] = {}
    for at in order:
        first.setdefault(f"place {pairs[at][0].name}", at)
        first.setdefault(f"kind {pairs[at][1]}", at)
    needed = set(first.values())
    others = [at for at in order if at not in needed]
    return [pairs[at] for at in sorted(needed | set(others[: max(count - len(needed), 0)]))]


def chance(seed: int) -> Chance:
    """Give the source of chance of a seed."""
    return np.random.default_rng(seed)
