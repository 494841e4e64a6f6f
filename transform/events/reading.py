"""The first step of every JSON source: records become columns, and what breaks the policy leaves with its reason."""

import re
from collections import Counter
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transform.batch import LEFT_SCHEMA, Batch
from transform.columns import constant
from transform.context import Context
from transform.events.checking import check_fields
from transform.events.decoding import decode_records
from transform.events.fields import shape_of
from transform.urls.personal import scrub_text

SHOWN_MAX: Final = 50
OTHER: Final = "other"
_HARMLESS: Final = re.compile(r"[A-Za-z_-]{1,40}")
CARRIED: Final = ("row", "sent_ms", "is_backfill")


def read_events(batch: Batch, context: Context, source: str) -> Batch:
    """Decode each `value` and check it against the policy's fields of `source`.

    The rows that stay have the columns ``row``, ``sent_ms``, ``is_backfill``, one for each declared field (null where it
    is missing, the policy's default where there is one), ``utc_offset_min``, ``channel`` and ``collected_via``.
    """
    declared = context.policy.sources[source]
    shape = shape_of(declared)
    values = batch.rows.column("value").combine_chunks()
    decoded = decode_records(values, shape)
    checked = check_fields(decoded, shape, context.policy, context.sites)
    columns = checked.columns
    for field in declared.fields:
        if field.default is not None:
            columns[field.name] = _with_default(columns[field.name], field.default)
    columns["channel"] = constant(declared.channel, len(decoded.rows))
    said = columns.get("collected_via", constant(None, len(decoded.rows)))
    columns["collected_via"] = _with_default(said, declared.collected_via)
    rows = batch.rows.select(CARRIED).take(pa.array(decoded.rows))
    objects = Batch(rows, batch.left).with_columns(columns)
    numbers = batch.rows.column("row").to_numpy()
    left = pa.table(
        {
            "row": pa.array(numbers[list(decoded.refused)] if decoded.refused else [], pa.int32()),
            "reason": pa.array(list(decoded.refused.values()), pa.string()),
        },
        schema=LEFT_SCHEMA,
    )
    counts = Counter(batch.fields_dropped) + decoded.undeclared
    with_refused = Batch(objects.rows, pa.concat_tables([batch.left, left]), shown_names(counts))
    return with_refused.leave_each(checked.reasons)


def shown_names(counts: Counter[str]) -> dict[str, int]:
    """Count fields that nobody declared by name: the 50 most frequent harmless names, the rest as ``other``, for a name can be a person's (R2)."""
    shown: Counter[str] = Counter()
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        harmless = _HARMLESS.fullmatch(name) and scrub_text(name) == name and len(shown) < SHOWN_MAX
        shown[name if harmless else OTHER] += count
    return dict(shown)


def _with_default(column: pa.DictionaryArray, default: str) -> pa.DictionaryArray:
    """Put the default where nothing was said."""
    if column.null_count == 0:
        return column
    entries = pa.concat_arrays([column.dictionary, pa.array([default])])
    codes = pc.fill_null(column.indices, pa.scalar(len(entries) - 1, pa.int32()))
    distinct = entries.dictionary_encode()
    return pa.DictionaryArray.from_arrays(distinct.indices.take(codes), distinct.dictionary)
