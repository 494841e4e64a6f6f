"""Clickstream events in blocks, as JSON, spelled as columns; half of them are of somebody who is logged in."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bench.input.log_lines import BLOCK, MALFORMED_SHARE, Block, times_s
from bench.input.truth import Truth
from bench.input.world import HOST, World, draw_addresses_of, draw_agents_of, draw_targets

STREAM: Final = 2
CUSTOMER_SHARE: Final = 0.5
REFUSING_SHARE: Final = 0.02
"""Browsers that ask not to be profiled, by Global Privacy Control."""
PRODUCT_SHARE: Final = 0.3
PRODUCTS: Final = 400
EVENTS_A_CUSTOMER: Final = 10
LANGUAGES: Final = ("en-US", "de-DE", "fr-FR", "he-IL", "pt-BR")
HEX: Final = np.array([f"{number:02x}" for number in range(256)], "S2")
VERSION_BYTE, VARIANT_BYTE = 6, 8


def event_blocks(world: World, truth: Truth) -> Iterator[Block]:
    """Give all events in the order of time, counting them into `truth`."""
    for number, first in enumerate(range(0, world.events, BLOCK)):
        last = min(first + BLOCK, world.events)
        yield _block(world, truth, world.generator(STREAM, number), first, last)


def _block(world: World, truth: Truth, rng: np.random.Generator, first: int, last: int) -> Block:
    rows = last - first
    address = draw_addresses_of(rng, world, first, last, world.events)
    agent = draw_agents_of(rng, world, address)
    target = draw_targets(rng, world, rows)
    sent_ms = times_s(world, first, last, world.events) * 1000 + rng.integers(0, 1000, rows)
    customers = max(1, world.events // EVENTS_A_CUSTOMER)
    is_customer = rng.random(rows) < CUSTOMER_SHARE
    refuses = rng.random(rows) < REFUSING_SHARE
    has_product = rng.random(rows) < PRODUCT_SHARE
    values = pc.binary_join_element_wise(
        b'{"event_id":"',
        _identities(rng, rows),
        b'","site":"shop","event_time":"',
        _stamps(sent_ms),
        b'","url":"https://' + HOST.encode(),
        world.targets.take(pa.array(target)),
        b'","ip":"',
        world.addresses.take(pa.array(address)),
        b'","user_agent":"',
        world.agents.take(pa.array(agent)),
        b'","title":"',
        _numbered("Page ", target),
        b'","language":"',
        pa.array(LANGUAGES, pa.binary()).take(pa.array(address % len(LANGUAGES))),
        b'"',
        _optional(has_product, _numbered(',"product":"P-', target % PRODUCTS)),
        _optional(has_product, pa.array(np.full(rows, b'"'), pa.binary())),
        _optional(is_customer, _numbered(',"customer_id":"c-', address % customers)),
        _optional(is_customer, pa.array(np.full(rows, b'"'), pa.binary())),
        _optional(refuses, pa.array(np.full(rows, b',"gpc":true'), pa.binary())),
        b"}",
        b"",  # what to put between them: nothing
        null_handling="skip",
    )
    is_bad = rng.random(rows) < MALFORMED_SHARE
    values = _cut(values, is_bad)
    truth.events += rows
    truth.event_bytes += int(pc.sum(pc.binary_length(values)).as_py())
    truth.events_kept += rows - int(is_bad.sum())
    truth.events_of_customers += int((is_customer & ~refuses & ~is_bad).sum())
    return Block(values, sent_ms + 800)


def _cut(values: pa.Array, is_bad: npt.NDArray[np.bool_]) -> pa.Array:
    """Cut the bad ones in the middle, as a broken connection does."""
    if not is_bad.any():
        return values
    mask = pa.array(is_bad)
    halves = [value[: len(value) // 2] for value in values.filter(mask).to_pylist()]
    return pc.replace_with_mask(values, mask, pa.array(halves, pa.binary()))


def _optional(there: npt.NDArray[np.bool_], values: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(there), values, pa.scalar(None, pa.binary()))


def _numbered(head: str, numbers: npt.NDArray[np.int64]) -> pa.Array:
    return pc.binary_join_element_wise(head, pa.array(numbers).cast(pa.string()), "").cast(pa.binary())


def _stamps(at_ms: npt.NDArray[np.int64]) -> pa.Array:
    """Spell times as RFC 3339 with milliseconds."""
    return pc.strftime(pa.array(at_ms).cast(pa.timestamp("ms", "UTC")), "%Y-%m-%dT%H:%M:%SZ").cast(pa.binary())


def _identities(rng: np.random.Generator, rows: int) -> pa.Array:
    """Draw version 4 UUIDs."""
    drawn = np.frombuffer(rng.bytes(16 * rows), np.uint8).reshape(rows, 16).copy()
    drawn[:, VERSION_BYTE] = drawn[:, VERSION_BYTE] & 0x0F | 0x40
    drawn[:, VARIANT_BYTE] = drawn[:, VARIANT_BYTE] & 0x3F | 0x80
    digits = HEX[drawn].view("S1").reshape(rows, 32)
    text = np.full((rows, 36), b"-", "S1")
    for to, begin, end in ((0, 0, 8), (9, 8, 12), (14, 12, 16), (19, 16, 20), (24, 20, 32)):
        text[:, to : to + end - begin] = digits[:, begin:end]
    return pa.array(text.view("S36").reshape(rows), pa.binary())
