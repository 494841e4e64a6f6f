"""Steps that do not do their work, so that it can be seen that the proof finds what they let pass.

A proof that never failed proves nothing. Each entry puts something careless in the place of one step: what a hurried
programmer would have written there. They act in this process only, and only inside `broken`.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

import footfall.commands.pipeline.ship as shipping
from ingest.reduce import accounts
from ingest.ship.events import Cleaned
from policy.errors import UsageError
from transform import steps
from transform.batch import Batch
from transform.columns import constant, spread, with_missing
from transform.context import Context
from transform.events import checking, reading
from transform.people import customers, registrations
from transform.visits import lines, visit
from warehouse.registry.subjects import sealing


class Change(NamedTuple):
    """What is put in the place of what: an attribute of a module or class."""

    owner: ModuleType | type
    attribute: str
    instead: Any


def _step(before: steps.Step, instead: steps.Step) -> list[Change]:
    """Put one step in the place of another, in all lists that have it."""
    lists = {source: tuple(instead if one is before else one for one in row) for source, row in steps.STEPS.items()}
    return [Change(steps, "STEPS", lists)]


def _whole_urls(batch: Batch, _context: Context) -> Batch:
    columns = {
        name: batch.rows.column(name) for name in ("target", "referrer", "outbound") if name in batch.rows.column_names
    }
    rows = batch.rows.num_rows
    return batch.with_columns(
        {
            "path": columns["target"],
            "query": constant(None, rows),
            "referrer_host": columns["referrer"],
            "outbound_host": columns.get("outbound", constant(None, rows)),
        }
    )


def _whole_referrers(batch: Batch, context: Context) -> Batch:
    return visit.scrub_urls(batch, context).with_columns({"referrer_host": batch.rows.column("referrer")})


def _kept_address(batch: Batch, context: Context) -> Batch:
    address = batch.rows.column("address")
    return visit.forget_client(batch, context).with_columns({"bot_label": address})


def _of_address(batch: Batch, number: Callable[[str], int]) -> Batch:
    """Give visitors numbers by what anybody can compute from their address."""
    address = with_missing(batch.rows.column("address"))
    numbers = pa.array([number(text or "") for text in address.dictionary.to_pylist()], pa.int64())
    return batch.with_columns({"visitor": numbers.take(address.indices)})


def _packed(text: str) -> int:
    parts = text.split(".")
    is_ipv4 = len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)  # noqa: PLR2004
    return int.from_bytes(bytes(map(int, parts))) if is_ipv4 else 0


def _agents_as_they_are(batch: Batch, context: Context) -> Batch:
    agent = with_missing(batch.rows.column("agent"))
    return visit.classify_agent(batch, context).with_columns({"bot_label": spread(agent.dictionary, agent)})


def _ids_as_they_are(batch: Batch, context: Context) -> Batch:
    """Give customers numbers by a hash without a key."""
    ids = with_missing(batch.rows.column("customer_id"))
    numbers = [None if text is None else zlib.crc32(text.encode()) for text in ids.dictionary.to_pylist()]
    named = customers.name_customers(batch, context)
    return named.with_columns({"customer": pa.array(numbers, pa.int64()).take(ids.indices)})


def _same_lines(given: pa.Array) -> Cleaned:
    return Cleaned(given, 0)


class _SameRecords:
    def __init__(self, *_: object) -> None:
        """Know nothing of fields."""

    def __call__(self, given: pa.Array) -> Cleaned:
        return Cleaned(given, 0)


def _all_names(counts: Counter[str]) -> dict[str, int]:
    return dict(counts)


def _anything(texts: pa.StringArray) -> pa.BooleanArray:
    return pa.array(np.ones(len(texts), np.bool_))


def _content(line: bytes) -> str:
    return line[:4096].decode("utf-8", "replace")


def _any_method(method: pa.DictionaryArray) -> pa.DictionaryArray:
    return method


def _remains(batch: Batch, _context: Context) -> Batch:
    return batch


def _unsealed(_cipher: Any, content: bytes, _row: bytes) -> bytes:
    return content


def _unopened(_cipher: Any, sealed: bytes, _row: bytes) -> bytes:
    return sealed


STEPS: Final[Mapping[str, Callable[[], list[Change]]]] = {
    "scrub_urls": lambda: _step(visit.scrub_urls, _whole_urls),
    "referrer_hosts": lambda: _step(visit.scrub_urls, _whole_referrers),
    "forget_client": lambda: _step(visit.forget_client, _kept_address),
    "classify_agent": lambda: _step(visit.classify_agent, _agents_as_they_are),
    "number_visitors": lambda: _step(
        visit.number_visitors, lambda batch, _: _of_address(batch, lambda text: zlib.crc32(text.encode()))
    ),
    "number_visitors (packed)": lambda: _step(visit.number_visitors, lambda batch, _: _of_address(batch, _packed)),
    "name_customers": lambda: _step(customers.name_customers, _ids_as_they_are),
    "remove_credentials": lambda: _step(registrations.remove_credentials, _remains),
    "known_methods": lambda: [Change(lines, "known_methods", _any_method)],
    "redact_lines": lambda: [Change(shipping, "clean_lines", _same_lines)],
    "clean_events": lambda: [Change(shipping, "EventCleaner", _SameRecords)],
    "shown_names": lambda: [Change(reading, "shown_names", _all_names)],
    "names_nobody": lambda: [Change(checking, "names_nobody", _anything)],
    "shape": lambda: [Change(accounts, "shape", _content)],
    "seal": lambda: [Change(sealing, "_seal", _unsealed), Change(sealing, "_open", _unopened)],
}
"""What can be switched off, by its name."""


@contextmanager
def broken(off: frozenset[str]) -> Iterator[None]:
    """Let these steps not do their work inside the block.

    Raises:
        UsageError: a name is not one of `STEPS`.
    """
    if unknown := sorted(off - STEPS.keys()):
        raise UsageError(f"no step is called {', '.join(unknown)}; known are {', '.join(sorted(STEPS))}")
    with ExitStack() as undone:
        for name in sorted(off):
            for owner, attribute, instead in STEPS[name]():
                undone.callback(setattr, owner, attribute, getattr(owner, attribute))
                setattr(owner, attribute, instead)
        yield
