"""The log writer: columns of numbers become combined log lines, a block at a time, without a Python object per line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from footfall.simulate.traffic.defects import spoil_line
from footfall.simulate.traffic.people import People
from footfall.simulate.traffic.rows import DAY_S, METHODS, OUTSIDE, PROTOCOLS, Defect, Rows
from footfall.simulate.world.addresses import Addresses
from footfall.simulate.world.agents import Agents
from footfall.simulate.world.shop import Shop

BLOCK_LINES: Final = 20_000
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PROXIES: Final = ("10.20.0.5", "10.20.0.6")
CLAIMED: Final = ("198.51.100.23", "192.168.1.77")
"""Addresses that some clients say they come from; a log that believes them is fooled."""
CLAIM_EVERY: Final = 199


@dataclass(frozen=True, slots=True)
class Texts:
    """The text of every number in a row, as Arrow arrays of bytes with the marks around them."""

    addresses: pa.Array
    users: pa.Array
    agents: pa.Array
    targets: pa.Array
    host: bytes


def prepare_texts(shop: Shop, addresses: Addresses, agents: Agents, people: People) -> Texts:
    """Spell out what does not change from day to day."""
    users = [f" - {name or '-'} [" for name in people.user_names]
    return Texts(
        addresses=addresses.texts,
        users=pa.array(users, pa.binary()),
        agents=pa.array([f'{agent}"' for agent in agents.texts], pa.binary()),
        targets=pa.array(shop.targets, pa.binary()),
        host=shop.host.encode(),
    )


def write_lines(
    rng: np.random.Generator, texts: Texts, day: date, day_targets: Sequence[bytes], rows: Rows, *, proxy: bool
) -> Iterator[memoryview]:
    """Give the lines of one day, each with its end, in blocks.

    Args:
        rng: decides the bytes of noise in defective lines.
        texts: what the numbers mean.
        day: the day of all rows.
        day_targets: request targets beyond those of the shop.
        rows: in the order in which they are to be written.
        proxy: write a trusted proxy as the peer, and whom it forwarded as one more quoted field at the end.
    """
    targets = pa.concat_arrays([texts.targets, pa.array(day_targets, pa.binary())])
    outside = pa.array([b' "' + referrer + b'" "' for _, referrer in OUTSIDE])
    inside = pc.binary_join_element_wise(b' "https://' + texts.host, targets, b'" "', b"")
    referrers = pa.concat_arrays([outside, inside])
    seconds = _seconds(day)
    methods, protocols = pa.array(METHODS), pa.array(PROTOCOLS)
    for start in range(0, len(rows), BLOCK_LINES):
        block = rows[start : start + BLOCK_LINES]
        client = texts.addresses.take(pa.array(block["address"]))
        lines = pc.binary_join_element_wise(
            _peers(block) if proxy else client,
            texts.users.take(pa.array(block["user"])),
            seconds.take(pa.array(block["second"])),
            methods.take(pa.array(block["method"])),
            targets.take(pa.array(block["target"])),
            protocols.take(pa.array(block["protocol"])),
            _numbers(block["status"]),
            b" ",
            _numbers(block["bytes"]),
            referrers.take(pa.array(block["referrer"] + len(OUTSIDE))),
            texts.agents.take(pa.array(block["agent"])),
            *([_claims(block), client, b'"'] if proxy else []),
            b"\n",
            b"",  # what to put between them: nothing
            null_handling="replace",
            null_replacement=b"-",
        )
        yield _bytes_of(_spoiled(rng, lines, block))


def _seconds(day: date) -> pa.Array:
    """Give the time field of every second of the day (86,400 entries) with the marks around it."""
    digits = pa.array([f"{number:02}" for number in range(60)])
    second = np.arange(DAY_S)
    head = f"{day.day:02}/{MONTHS[day.month - 1]}/{day.year:04}"
    parts = (digits.take(pa.array(part)) for part in (second // 3600, second // 60 % 60, second % 60))
    clock = pc.binary_join_element_wise(head, *parts, ":")
    return pc.binary_join_element_wise(clock, ' +0000] "', "").cast(pa.binary())


def _numbers(values: npt.NDArray[np.int32]) -> pa.Array:
    """Spell numbers; below 0 is null."""
    return pa.array(values, mask=values < 0).cast(pa.string()).cast(pa.binary())


def _peers(block: Rows) -> pa.Array:
    return pa.array(PROXIES, pa.binary()).take(pa.array(block["address"] % len(PROXIES)))


def _claims(block: Rows) -> pa.Array:
    """Open the forwarded field, now and then with an address that the client made up."""
    opened = pa.array([' "', *(f' "{claimed}, ' for claimed in CLAIMED)], pa.binary())
    number = block["second"] + block["address"]
    claim = np.where(number % CLAIM_EVERY == 0, 1 + number // CLAIM_EVERY % len(CLAIMED), 0)
    return opened.take(pa.array(claim))


def _spoiled(rng: np.random.Generator, lines: pa.Array, block: Rows) -> pa.Array:
    is_spoiled = block["defect"] > Defect.REPEATED
    if not is_spoiled.any():
        return lines
    mask = pa.array(is_spoiled)
    defects = block["defect"][is_spoiled].tolist()
    pairs = zip(lines.filter(mask).to_pylist(), defects, strict=True)
    spoiled = [spoil_line(rng, line[:-1], Defect(defect)) + b"\n" for line, defect in pairs]
    return pc.replace_with_mask(lines, mask, pa.array(spoiled, pa.binary()))


def _bytes_of(lines: pa.Array) -> memoryview:
    """Give the bytes of all lines, which stand side by side in the array's buffer."""
    _, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[ends[0] : ends[-1]]
