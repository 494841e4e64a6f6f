"""The life of a record, as an ordered list for each source; whoever reads the lists knows the product.

Each step takes a batch and gives a batch. Records leave only with a reason. Look-ups run once per distinct value of the
intake, and the address that came in is forgotten before the batch leaves this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from policy.errors import FootfallError
from policy.schemas import arrow_schema
from transform.admission import check_products, check_sites, check_times, leave_late, leave_repeated
from transform.batch import Batch
from transform.columns import only_used
from transform.context import Context
from transform.people.customers import leave_children, name_customers, respect_signals
from transform.people.orders import cut_to_minute, read_orders
from transform.people.registrations import (
    read_registrations,
    registrations_of,
    reject_children,
    remove_credentials,
)
from transform.pseudonyms import key_of
from transform.visits.clicks import (
    customers_of,
    find_page,
    name_category,
    name_event_kind,
    read_clicks,
    visitors_of,
)
from transform.visits.lines import name_kind, read_lines
from transform.visits.visit import (
    classify_agent,
    find_client,
    forget_client,
    locate,
    number_visitors,
    scrub_urls,
    state_origin,
)

Step: TypeAlias = Callable[[Batch, Context], Batch]

WEB_LOG_STEPS: Final[tuple[Step, ...]] = (
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
CLICKSTREAM_STEPS: Final[tuple[Step, ...]] = (
    read_clicks,
    check_sites,
    check_products,
    find_page,
    check_times,
    leave_late,
    name_customers,
    leave_children,
    leave_repeated,
    respect_signals,
    find_client,
    locate,
    classify_agent,
    number_visitors,
    scrub_urls,
    name_event_kind,
    name_category,
    forget_client,
    state_origin,
)
REGISTRATION_STEPS: Final[tuple[Step, ...]] = (
    read_registrations,
    check_times,
    remove_credentials,
    reject_children,
    leave_repeated,
)
TRANSACTION_STEPS: Final[tuple[Step, ...]] = (
    read_orders,
    check_products,
    check_times,
    leave_late,
    name_customers,
    leave_children,
    leave_repeated,
    cut_to_minute,
    state_origin,
)
STEPS: Final[Mapping[str, tuple[Step, ...]]] = {
    "web_log": WEB_LOG_STEPS,
    "clickstream": CLICKSTREAM_STEPS,
    "registration": REGISTRATION_STEPS,
    "transaction": TRANSACTION_STEPS,
}


def all_of(batch: Batch, _context: Context) -> Batch:
    """Give every record that is still in."""
    return batch


STORED: Final[Mapping[str, Mapping[str, Step]]] = {
    "web_log": {"hits": all_of},
    "clickstream": {"hits": visitors_of, "customer_events": customers_of},
    "registration": {},
    "transaction": {"purchases": all_of},
}
"""Where the records of each source end: by table, which of them."""
PEOPLE: Final = "registration"
"""The source whose records end in the registry."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the records of one intake.

    Attributes:
        stored: rows of each lake table, in the policy's column order with text as dictionaries.
        rows: by table, and `registrations` for those, which records its rows were: ascending numbers in the intake.
        registrations: people who signed up or changed their account; only from the source `registration`.
        children: profile pseudonyms of children found in registrations.
        event_ids: hashes of the kept events; none for log lines.
        left: `row` and `reason` of each record that is not kept.
        fields_dropped: how often a field came that the policy does not declare, by name.
    """

    stored: Mapping[str, pa.Table]
    rows: Mapping[str, npt.NDArray[np.int32]]
    registrations: pa.Table | None
    children: npt.NDArray[np.int64]
    event_ids: npt.NDArray[np.int64]
    left: pa.Table
    fields_dropped: Mapping[str, int]


def run_source(source: str, batch: Batch, context: Context) -> Outcome:
    """Turn the records of one source into what may be stored of them.

    Args:
        source: as the policy names it.
        batch: for `web_log` one row per line: `row` (int32), `line` (binary), `site` (dictionary of strings), `sent_ms`
            (int64); for the others one row per event: `row`, `value` (binary, one JSON object), `sent_ms`, `is_backfill`.
        context: the circumstances.

    Returns:
        the rows kept, each in exactly one table, and for every other record why it is not among them.

    Raises:
        FootfallError: no steps are known for the source.
    """
    if source not in STEPS:
        raise FootfallError(f'there are no steps for the source "{source}"; there are some for {", ".join(STEPS)}')
    # Events of two sources may have the same id, so each source's have hashes of their own.
    context = replace(context, event_key=key_of(source, context.event_key))
    for step in STEPS[source]:
        batch = step(batch, context)
    ends = {name: part(batch, context).rows for name, part in STORED[source].items()}
    rows = {name: end.column("row").to_numpy() for name, end in ends.items()}
    registrations = registrations_of(batch) if source == PEOPLE else None
    if registrations is not None:
        rows["registrations"] = batch.rows.column("row").to_numpy()
    has_ids = "event" in batch.rows.column_names
    return Outcome(
        stored={name: only_used(end.select(arrow_schema(context.policy, name).names)) for name, end in ends.items()},
        rows=rows,
        registrations=registrations,
        children=batch.children,
        event_ids=batch.rows.column("event").to_numpy() if has_ids else np.empty(0, np.int64),
        left=batch.left,
        fields_dropped=batch.fields_dropped,
    )
