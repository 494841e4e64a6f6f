"""Forms in which people sign up, as the steps take them: read, and without those of children."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transform import reasons
from transform.batch import Batch
from transform.columns import codes_and_values
from transform.context import Context
from transform.events.reading import read_events
from transform.pseudonyms import pseudonyms
from transform.secrets import redact_lines
from transform.urls.personal.numbers import scrub_numbers

SOURCE: Final = "registration"
YEARS_MAX: Final = 150
TALKATIVE: Final = ("name", "company")
LONG_NUMBER: Final = "[0-9](?:[ .+_-]?[0-9]){8}"
REGISTRATIONS: Final = pa.schema(
    [
        pa.field("event_id", pa.string()),
        pa.field("event_time", pa.timestamp("us", "UTC")),
        pa.field("customer_id", pa.string()),
        pa.field("role", pa.string()),
        pa.field("name", pa.string()),
        pa.field("email", pa.string()),
        pa.field("policy_version", pa.string()),
        pa.field("country", pa.string()),
        pa.field("company", pa.string()),
        pa.field("phone", pa.string()),
        pa.field("opt_out", pa.list_(pa.string())),
        pa.field("auto_login_opt_in", pa.bool_()),
    ]
)
"""What the registry gets; null means that the form did not say, and what is known stays."""

Numbers = npt.NDArray[np.int64]


def read_registrations(batch: Batch, context: Context) -> Batch:
    """Decode each form."""
    return read_events(batch, context, SOURCE)


def remove_credentials(batch: Batch, _context: Context) -> Batch:
    """Take passwords, tokens and card numbers out of what people wrote as a name or company, and the former out of phone (R26)."""
    written = {name: _without_credentials(batch.rows.column(name)) for name in TALKATIVE}
    return batch.with_columns({**written, "phone": pa.chunked_array([_redacted(batch.rows.column("phone"))])})


def reject_children(batch: Batch, context: Context) -> Batch:
    """Let forms go whose age or birth date is a child's on the form's date in UTC, and note whose they were (R10).

    Every other form of a child goes too, whatever age it states: an id that was flagged stays so. Who was born on 29
    February grows a year older on 1 March where the year has no such day. Age and birth date are forgotten here. A birth
    date after the form's date, or too long ago, is a defect.
    """
    batch = batch.leave(_is_impossible(batch), reasons.bad("birth_date"))
    years = _years(batch)
    ages = pc.fill_null(batch.rows.column("age").combine_chunks().cast(pa.int64()), YEARS_MAX).to_numpy()
    young = np.minimum(years, ages) < context.policy.limits.age_min_years
    codes, ids = codes_and_values(batch.rows.column("customer_id"))
    customers = pseudonyms(ids, context.customer_key)
    children = np.unique(customers[codes[young]])
    flagged = np.isin(customers, children) | context.is_child(customers)
    left = batch.leave(flagged[codes], reasons.Reason.CHILD).without_columns("age", "birth_date")
    return replace(left, children=np.concatenate([batch.children, children]))


def registrations_of(batch: Batch) -> pa.Table:
    """Give the forms as the registry takes them."""
    return batch.rows.select(REGISTRATIONS.names).cast(REGISTRATIONS)


def _without_credentials(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Redact each text, null stays null."""
    clean = _redacted(texts)
    numbered = pc.fill_null(pc.match_substring_regex(clean, LONG_NUMBER), False)
    scrubbed = pa.array([scrub_numbers(text) for text in clean.filter(numbered).to_pylist()], pa.string())
    return pa.chunked_array([pc.replace_with_mask(clean, numbered, scrubbed)])


def _redacted(texts: pa.ChunkedArray) -> pa.Array:
    return redact_lines(texts.combine_chunks().cast(pa.string()).cast(pa.binary()))[0].cast(pa.string())


def _is_impossible(batch: Batch) -> npt.NDArray[np.bool_]:
    years = _years(batch)
    return (years < 0) | (years > YEARS_MAX)


def _years(batch: Batch) -> Numbers:
    """Give the age by birth date on the day of the form, -1 before birth, `YEARS_MAX` where no birth date is given."""
    births = batch.rows.column("birth_date").combine_chunks()
    days = batch.rows.column("event_date").combine_chunks()
    year, month, day = (_difference(part, days, births) for part in (pc.year, pc.month, pc.day))
    before_birthday = (month < 0) | ((month == 0) & (day < 0))
    return np.where(births.is_valid().to_numpy(zero_copy_only=False), year - before_birthday, YEARS_MAX)


def _difference(part: Callable[[pa.Array], pa.Array], days: pa.Array, births: pa.Array) -> Numbers:
    return pc.fill_null(pc.subtract(part(days), part(births)), 0).to_numpy()
