"""The life of a web-log line, as an ordered list; whoever reads `STEPS` knows the product.

Each step takes a batch and gives a batch. Rows leave only with a `Reason`. Look-ups run once per distinct value of the
intake, and the address that came in is forgotten before the batch leaves this module.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policy.schemas import arrow_schema
from transform.access_log import parse_lines
from transform.agents import classify_agents
from transform.batch import Batch
from transform.client import client_addresses
from transform.context import Context
from transform.kinds import hit_kinds, known_methods
from transform.reasons import Reason
from transform.urls import referrer_hosts, scrub_targets
from transform.visitors import visitor_numbers

Step: TypeAlias = Callable[[Batch, Context], Batch]

HOUR_US: Final = 3600 * 1_000_000
AGENT_COLUMNS: Final = ("device", "browser", "system", "is_bot", "bot_kind", "bot_label")


def read_lines(batch: Batch, _context: Context) -> Batch:
    """Take each line apart; lines that no log would write leave as dead letters."""
    lines = batch.rows.column("line").combine_chunks()
    parsed, left = parse_lines(lines)
    numbers = batch.rows.column("row").to_numpy()
    kept = parsed.column("row").to_numpy()
    rows = batch.rows.drop_columns(["line", "row"]).take(pa.array(kept))
    for name in parsed.column_names:
        column = pa.array(numbers[kept]) if name == "row" else parsed.column(name)
        rows = rows.append_column(name, column)
    gone = left.set_column(0, "row", pa.array(numbers[left.column("row").to_numpy()], pa.int32()))
    return Batch(rows, pa.concat_tables([batch.left, gone.cast(batch.left.schema)]))


def check_times(batch: Batch, context: Context) -> Batch:
    """Let lines go whose time cannot be true: before the web, or well after they were sent."""
    oldest_us = datetime(context.policy.limits.year_min, 1, 1, tzinfo=UTC).timestamp() * 1_000_000
    ahead_us = context.policy.windows.ahead_h * HOUR_US
    times_us = batch.rows.column("event_time").cast(pa.int64()).to_numpy()
    sent_us = batch.rows.column("sent_ms").to_numpy() * 1000
    impossible = (times_us < oldest_us) | (times_us > sent_us + ahead_us)
    kept = batch.leave(impossible, Reason.TIME_OUT_OF_RANGE)
    return kept.with_columns({"event_date": kept.rows.column("event_time").cast(pa.date32())})


def find_client(batch: Batch, context: Context) -> Batch:
    """Find the visitor's own address: what a trusted proxy forwarded, else the peer."""
    rows = batch.rows
    address = client_addresses(rows.column("address"), rows.column("forwarded"), context.trusted_proxies)
    found = batch.with_columns({"address": address})
    context.tally(found.rows.column("address").combine_chunks())
    return found


def locate(batch: Batch, context: Context) -> Batch:
    """Look up country and region of each distinct address; never a city."""
    address = batch.rows.column("address").combine_chunks()
    countries, regions = context.places.locate(address.dictionary, context.geography_level)
    return batch.with_columns({"country": _spread(countries, address), "region": _spread(regions, address)})


def classify_agent(batch: Batch, _context: Context) -> Batch:
    """Name device, browser and system without versions, and mark bots; nobody is deleted for being one."""
    agent = _with_missing(batch.rows.column("agent"))
    classes = classify_agents(agent.dictionary)
    return batch.with_columns({name: _spread(classes.column(name).combine_chunks(), agent) for name in AGENT_COLUMNS})


def number_visitors(batch: Batch, context: Context) -> Batch:
    """Give each visitor of a day a number that nobody can compute again once the day's key is destroyed."""
    rows = batch.rows
    address, agent, site, day = (rows.column(name) for name in ("address", "agent", "site", "event_date"))
    return batch.with_columns({"visitor": visitor_numbers(address, agent, site, day, context.day_key)})


def scrub_urls(batch: Batch, context: Context) -> Batch:
    """Take out of path, query and referrer whatever could name a person."""
    target = batch.rows.column("target").combine_chunks()
    paths, queries = scrub_targets(target.dictionary, context.query_parameters)
    referrer = _with_missing(batch.rows.column("referrer"))
    return batch.with_columns(
        {
            "path": _spread(paths, target),
            "query": _spread(queries, target),
            "referrer_host": _spread(referrer_hosts(referrer.dictionary), referrer),
            "outbound_host": pa.nulls(batch.rows.num_rows, pa.string()),
        }
    )


def name_kind(batch: Batch, _context: Context) -> Batch:
    """Say what each hit is: a page, a resource of one, a redirect, an error, or another event; a method of one's own goes."""
    method, path, status = (batch.rows.column(name).combine_chunks() for name in ("method", "path", "status"))
    return batch.with_columns({"method": known_methods(method), "kind": hit_kinds(method, path, status)})


def forget_client(batch: Batch, _context: Context) -> Batch:
    """Forget what came in about the visitor: address, forwarded addresses, agent, raw target and referrer."""
    return batch.without_columns("address", "forwarded", "agent", "target", "referrer", "vhost", "sent_ms")


def state_origin(batch: Batch, context: Context) -> Batch:
    """Say of each row how it was collected, under which policy, and in which intake."""
    same = {
        "channel": "web",
        "collected_via": "log_file",
        "policy_version": context.policy.version,
        "intake": context.intake,
    }
    columns = {name: _constant(value, batch.rows.num_rows) for name, value in same.items()}
    columns["taken_at"] = pa.repeat(pa.scalar(context.taken_at, pa.timestamp("us", "UTC")), batch.rows.num_rows)
    return batch.with_columns(columns)


STEPS: Final[tuple[Step, ...]] = (
    read_lines,
    check_times,
    find_client,
    locate,
    classify_agent,
    number_visitors,
    scrub_urls,
    name_kind,
    forget_client,
    state_origin,
)


def run_steps(lines: Batch, context: Context) -> tuple[pa.Table, Batch]:
    """Turn lines into rows of `hits`.

    Args:
        lines: one row per line: `row` (int32), `line` (binary), `site` (dictionary of strings), `sent_ms` (int64).
        context: the circumstances.

    Returns:
        the rows of `hits`, in the policy's column order with text as dictionaries, and the batch at the end, whose
        `row` numbers say which lines they were and whose `left` says why the others are not among them.
    """
    batch = lines
    for step in STEPS:
        batch = step(batch, context)
    return batch.rows.select(arrow_schema(context.policy, "hits").names), batch


def _spread(values: pa.Array, keys: pa.DictionaryArray) -> pa.Array:
    """Give each row the value of its key: `values` has one entry per entry of the dictionary of `keys`."""
    if pa.types.is_boolean(values.type):
        return values.take(keys.indices)
    distinct = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(distinct.indices.take(keys.indices), distinct.dictionary)


def _with_missing(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Give a column whose missing values are an entry like any other, which is null itself, so that look-ups see it."""
    array = column.combine_chunks()
    if array.null_count == 0:
        return array
    entries = pa.concat_arrays([array.dictionary, pa.nulls(1, array.dictionary.type)])
    indices = pc.fill_null(array.indices, pa.scalar(len(entries) - 1, pa.int32()))
    return pa.DictionaryArray.from_arrays(indices, entries)


def _constant(value: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))
