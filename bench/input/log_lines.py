"""Combined log lines in blocks, spelled as columns without a Python object per line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bench.input.truth import Truth
from bench.input.world import DAYS, OUTSIDE, World, draw_addresses_of, draw_agents_of, draw_targets

BLOCK: Final = 50_000
STREAM: Final = 1
MALFORMED_SHARE: Final = 0.001
"""Half of them cut in the middle of the request, half of them another program's words."""
USER_SHARE: Final = 0.02
USERS: Final = 500
METHODS: Final = ("GET", "POST", "HEAD")
STATUSES: Final = ("200", "304", "404", "301", "500")
NOT_MODIFIED: Final = 1
OWN_REFERRER_SHARE: Final = 0.55
NOISE: Final = b"nginx: [warn] conflicting server name ignored"


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records of one source.

    Attributes:
        values: binary, one a record, without line ends.
        sent_ms: when each was sent, in milliseconds since 1970.
    """

    values: pa.Array
    sent_ms: npt.NDArray[np.int64]


def log_blocks(world: World, truth: Truth) -> Iterator[Block]:
    """Give all log lines in the order of time, counting them into `truth`."""
    for number, first in enumerate(range(0, world.lines, BLOCK)):
        last = min(first + BLOCK, world.lines)
        yield _block(world, truth, world.generator(STREAM, number), first, last)


def times_s(world: World, first: int, last: int, count: int) -> npt.NDArray[np.int64]:
    """Give the times of the records [first, last) of `count` in seconds since 1970."""
    span_s = DAYS * 86_400
    return int(world.start.timestamp()) + np.arange(first, last, dtype=np.int64) * span_s // count


def _block(world: World, truth: Truth, rng: np.random.Generator, first: int, last: int) -> Block:
    rows = last - first
    address = draw_addresses_of(rng, world, first, last, world.lines)
    agent = draw_agents_of(rng, world, address)
    seconds = times_s(world, first, last, world.lines)
    status = rng.choice(len(STATUSES), rows, p=(0.85, 0.06, 0.05, 0.03, 0.01))
    size_bytes = np.minimum(rng.lognormal(9.0, 1.2, rows), 5e6).astype(np.int64)
    size_bytes[status == NOT_MODIFIED] = -1
    user = np.where(rng.random(rows) < USER_SHARE, 1 + address % USERS, 0)
    own = rng.random(rows) < OWN_REFERRER_SHARE
    referrer = np.where(
        own, len(OUTSIDE) + rng.integers(0, len(world.referrers) - len(OUTSIDE), rows), rng.integers(2, 6, rows)
    )
    referrer[~own] = np.minimum(referrer[~own], len(OUTSIDE) - 1)  # a dash most of the time
    lines = pc.binary_join_element_wise(
        world.addresses.take(pa.array(address)),
        _texts([" - -", *(f" - user{one}" for one in range(USERS))]).take(pa.array(user)),
        _clock(seconds),
        _texts(METHODS).take(pa.array(rng.choice(len(METHODS), rows, p=(0.92, 0.06, 0.02)))),
        b" ",
        world.targets.take(pa.array(draw_targets(rng, world, rows))),
        b' HTTP/1.1" ',
        _texts(STATUSES).take(pa.array(status)),
        b" ",
        pa.array(size_bytes, mask=size_bytes < 0).cast(pa.string()).cast(pa.binary()),
        b' "',
        world.referrers.take(pa.array(referrer)),
        b'" "',
        world.agents.take(pa.array(agent)),
        b'"',
        b"",  # what to put between them: nothing
        null_handling="replace",
        null_replacement=b"-",
    )
    is_bad = rng.random(rows) < MALFORMED_SHARE
    lines = _spoiled(lines, is_bad)
    truth.addresses = len(world.addresses)
    truth.lines += rows
    truth.line_bytes += int(pc.sum(pc.binary_length(lines)).as_py()) + rows
    truth.lines_kept += rows - int(is_bad.sum())
    truth.bytes_sum += int(np.maximum(size_bytes, 0)[~is_bad].sum())
    return Block(lines, seconds * 1000 + 500)


def _spoiled(lines: pa.Array, is_bad: npt.NDArray[np.bool_]) -> pa.Array:
    if not is_bad.any():
        return lines
    mask = pa.array(is_bad)
    whole = lines.filter(mask).to_pylist()
    bad = [line[: line.index(b'"') + 7] if place % 2 else NOISE for place, line in enumerate(whole)]
    return pc.replace_with_mask(lines, mask, pa.array(bad, pa.binary()))


def _clock(seconds: npt.NDArray[np.int64]) -> pa.Array:
    """Spell the time field with the marks around it; each second of the block once."""
    distinct, number = np.unique(seconds, return_inverse=True)
    stamps = pa.array(distinct).cast(pa.timestamp("s", "UTC"))
    return pc.strftime(stamps, ' [%d/%b/%Y:%H:%M:%S +0000] "').cast(pa.binary()).take(pa.array(number))


def _texts(values: tuple[str, ...] | list[str]) -> pa.Array:
    return pa.array(values, pa.binary())
