"""The steps that a log's line and a page's own event share: from the visitor's address to nobody's name."""

from typing import Final

import pyarrow as pa

from transform.agents import classify_agents
from transform.batch import Batch
from transform.columns import constant, spread, with_missing
from transform.context import Context
from transform.urls import referrer_hosts, scrub_targets
from transform.visits.client import client_addresses
from transform.visits.visitors import visitor_numbers

AGENT_COLUMNS: Final = ("device", "browser", "system", "is_bot", "bot_kind", "bot_label")


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
    return batch.with_columns({"country": spread(countries, address), "region": spread(regions, address)})


def classify_agent(batch: Batch, _context: Context) -> Batch:
    """Name device, browser and system without versions, and mark bots; nobody is deleted for being one."""
    agent = with_missing(batch.rows.column("agent"))
    classes = classify_agents(agent.dictionary)
    return batch.with_columns({name: spread(classes.column(name).combine_chunks(), agent) for name in AGENT_COLUMNS})


def number_visitors(batch: Batch, context: Context) -> Batch:
    """Give each visitor of a day a number that nobody can compute again once the day's key is destroyed."""
    rows = batch.rows
    address, agent, site, day = (rows.column(name) for name in ("address", "agent", "site", "event_date"))
    return batch.with_columns({"visitor": visitor_numbers(address, agent, site, day, context.day_key)})


def scrub_urls(batch: Batch, context: Context) -> Batch:
    """Take out of path, query, referrer and outbound link whatever could name a person; of the last two the host stays."""
    target = batch.rows.column("target").combine_chunks()
    paths, queries = scrub_targets(target.dictionary, context.query_parameters)
    return batch.with_columns(
        {
            "path": spread(paths, target),
            "query": spread(queries, target),
            "referrer_host": _hosts(batch, "referrer"),
            "outbound_host": _hosts(batch, "outbound"),
        }
    )


def forget_client(batch: Batch, _context: Context) -> Batch:
    """Forget what came in about the visitor: address, forwarded addresses, agent, raw target, referrer and link."""
    return batch.without_columns("address", "forwarded", "agent", "target", "referrer", "outbound", "vhost", "sent_ms")


def state_origin(batch: Batch, context: Context) -> Batch:
    """Say of each row under which policy it was taken, in which intake and when."""
    rows = batch.rows.num_rows
    same = {"policy_version": context.policy.version, "intake": context.intake}
    columns = {name: constant(value, rows) for name, value in same.items()}
    columns["taken_at"] = pa.repeat(pa.scalar(context.taken_at, pa.timestamp("us", "UTC")), rows)
    return batch.with_columns(columns)


def _hosts(batch: Batch, name: str) -> pa.DictionaryArray:
    if name not in batch.rows.column_names:
        return constant(None, batch.rows.num_rows)
    column = with_missing(batch.rows.column(name))
    return spread(referrer_hosts(column.dictionary), column)
