"""Each field of decoded records against the policy: the columns as they should be, or the one reason why not."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kernels.events import Sure
from policy import Policy
from transform import reasons
from transform.events.decoding import Decoded
from transform.events.fields import TEXT_LENGTH_MAX, Declared, Form, Shape
from transform.events.formats import (
    FORMATS,
    SITE,
    WEB,
    Check,
    holds_no_credential,
    is_date,
    is_no_credential,
    matching,
    names_nobody,
    one_of,
    quickly,
    surely,
)
from transform.events.times import read_times

Bools = npt.NDArray[np.bool_]

NO_PROFILE: Final = "profile"
"""What an opt-out from profiles is called, beside the communications of the policy (T2)."""
OPT_OUTS_MAX: Final = 32
RANGES: Final[Mapping[str, tuple[int, int]]] = {"age": (0, 150), "quantity": (1, 1_000_000)}
"""Numbers beyond these are typing errors."""

BLANK: Final = r"^[\s\pZ]*$"
CONTROL: Final = r"\p{Cc}"
_INTEGER: Final = r"^-?(?:0|[1-9][0-9]{0,17})$"
# Twelve digits before the point are enough for any money; with more, the number of a card could be taken for an amount.
_MONEY: Final = r'^(?:(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?|"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?")$'


class Checked(NamedTuple):
    """Records whose fields were looked at.

    Attributes:
        columns: one for each field, null where it is missing or bad: text as dictionaries, times as timestamps, dates and
            numbers in the policy's type; ``utc_offset_min`` (int16) has the offset of the event's time.
        reasons: one a record, the first of its defects in the policy's order; null where it has none.
    """

    columns: dict[str, pa.Array]
    reasons: pa.DictionaryArray


def check_fields(decoded: Decoded, shape: Shape, policy: Policy, sites: frozenset[str]) -> Checked:
    """Check every field of every record, once per distinct value; `sites` are good names, whatever they look like."""
    columns: dict[str, pa.Array] = {}
    first = np.full(len(decoded.rows), -1, np.int32)
    own = _own_checks(policy, sites)
    for place, declared in reversed(list(enumerate(shape.fields))):
        given = decoded.columns[declared.name]
        checks = _checks(declared, own)
        match declared.form:
            case Form.TEXT:
                column, bad = _text(given, declared, checks)
            case Form.SINGLE if declared.field.format == "rfc3339":
                column, columns["utc_offset_min"], bad = _time(given)
            case Form.SINGLE:
                column, bad = _single(given, checks)
            case Form.NUMBER:
                column, bad = _number(given, declared)
            case Form.TEXTS:
                column, bad = _texts(given, checks)
            case Form.FLAG:
                column, bad = given, np.zeros(len(given), np.bool_)
        columns[declared.name] = column
        if declared.field.mandatory and column.null_count:
            first[column.is_null().to_numpy(zero_copy_only=False)] = 2 * place
        first[bad | decoded.bad[:, place]] = 2 * place + 1
    names = [reason(declared.name) for declared in shape.fields for reason in (reasons.missing, reasons.bad)]
    return Checked(columns, pa.DictionaryArray.from_arrays(pa.array(first, mask=first < 0), pa.array(names)))


def _own_checks(policy: Policy, sites: frozenset[str]) -> dict[str, list[Check]]:
    """Give what fields of these names must be beyond their format: a site is a host's name, a product names nobody.

    Names of products and vendors are stored as they are, so neither a person nor a credential may stand in one.
    """

    def is_site(texts: pa.StringArray) -> pa.BooleanArray:
        well_formed = pc.and_(pc.match_substring_regex(texts, SITE), names_nobody(texts))
        return pc.or_(one_of(sites)(texts), well_formed)

    return {
        "site": [is_site],
        "url": [quickly(Sure.WEB, matching(WEB))],
        "customer_id": [quickly(Sure.WORD, is_no_credential)],
        "product": [quickly(Sure.SHORT_NAME, names_nobody), quickly(Sure.WORD, holds_no_credential)],
        "vendor": [quickly(Sure.SHORT_NAME, names_nobody), quickly(Sure.WORD, holds_no_credential)],
        "collected_via": [one_of(frozenset(policy.collected_via))],
        "policy_version": [one_of(frozenset({policy.version}))],
        "opt_out": [one_of(frozenset(policy.communications) | {NO_PROFILE})],
    }


def _checks(declared: Declared, own: Mapping[str, list[Check]]) -> list[Check]:
    """Give all checks of a field's text."""
    format_ = declared.field.format
    checks = [FORMATS[format_]] if format_ is not None else []
    if declared.field.values:
        checks.append(one_of(frozenset(declared.field.values)))
    if pa.types.is_date(declared.type):
        checks.append(is_date)
    return checks + own.get(declared.name, [])


def _good(texts: pa.StringArray, length_max: int, checks: list[Check]) -> tuple[Bools, Bools]:
    """Tell which texts are short enough, printable, and what all checks ask; and which are blank, which says nothing."""
    sure = surely(Sure.PRINTABLE, texts, length_max)
    good, blank = sure.copy(), np.zeros(len(texts), np.bool_)
    if not sure.all():
        others = texts.filter(pa.array(~sure)) if sure.any() else texts
        short = pc.less_equal(pc.utf8_length(others), length_max)
        good[~sure] = pc.and_(short, pc.invert(pc.match_substring_regex(others, CONTROL)))
        blank[~sure] = pc.match_substring_regex(others, BLANK)
    for check in checks:
        # What is too long or not printable is never looked at more closely.
        good[good] = check(texts if good.all() else texts.filter(pa.array(good))).to_numpy(zero_copy_only=False)
    return good, blank


def _text(given: pa.DictionaryArray, declared: Declared, checks: list[Check]) -> tuple[pa.Array, Bools]:
    """Judge each distinct text; a blank one says nothing, so it is null."""
    entries = given.dictionary
    good, blank = _good(entries, declared.length_max, checks)
    entry_codes = given.indices
    bad = np.zeros(len(given), np.bool_)
    if not (good & ~blank).all():
        bad = _at(~good & ~blank, entry_codes)
        entry_codes = pc.if_else(pa.array(_at(good & ~blank, entry_codes)), entry_codes, None)
    if pa.types.is_date(declared.type):
        dates = pc.if_else(pa.array(good & ~blank), entries, None).cast(pa.date32())
        return dates.take(entry_codes), bad
    return pa.DictionaryArray.from_arrays(entry_codes, entries), bad


def _at(marks: Bools, codes: pa.Int32Array) -> Bools:
    """Give each row the mark of its entry, False where it has none."""
    if codes.null_count == 0:
        return marks[codes.to_numpy()]
    return pc.fill_null(pa.array(marks).take(codes), False).to_numpy(zero_copy_only=False)


def _single(given: pa.StringArray, checks: list[Check]) -> tuple[pa.Array, Bools]:
    good = np.ones(len(given), np.bool_)
    for check in checks:
        good &= pc.fill_null(check(given), False).to_numpy(zero_copy_only=False)
    return _without(given, good)


def _time(given: pa.StringArray) -> tuple[pa.Array, pa.Array, Bools]:
    times = read_times(given)
    _, bad = _without(given, times.good)
    absent = None if times.good.all() else ~times.good
    column = pa.array(times.micros, pa.int64(), mask=absent).cast(pa.timestamp("us", "UTC"))
    return column, pa.array(times.utc_offset_min), bad


def _without(given: pa.StringArray, good: Bools) -> tuple[pa.Array, Bools]:
    """Put null in the place of what is not good, and tell where that was more than a blank."""
    if good.all():
        return given, ~good
    blank = pc.fill_null(pc.match_substring_regex(given, BLANK), True).to_numpy(zero_copy_only=False)
    return pc.if_else(pa.array(good), given, None), ~good & ~blank


def _number(given: pa.StringArray, declared: Declared) -> tuple[pa.Array, Bools]:
    is_money = pa.types.is_decimal(declared.type)
    good = pc.fill_null(pc.match_substring_regex(given, _MONEY if is_money else _INTEGER), False)
    texts = pc.if_else(good, pc.utf8_trim(given, '"'), None)
    if is_money:
        return texts.cast(declared.type), pc.and_(given.is_valid(), pc.invert(good)).to_numpy(zero_copy_only=False)
    numbers = texts.cast(pa.int64())
    least, most = RANGES.get(declared.name, (0, 2**15 - 1))
    inside = pc.fill_null(pc.and_(pc.greater_equal(numbers, least), pc.less_equal(numbers, most)), False)
    bad = pc.and_(given.is_valid(), pc.invert(inside)).to_numpy(zero_copy_only=False)
    return pc.if_else(inside, numbers, None).cast(declared.type), bad


def _texts(given: pa.ListArray, checks: list[Check]) -> tuple[pa.Array, Bools]:
    """Judge the entries of each list; a list with one bad entry is bad."""
    flat = given.flatten()
    wrong = ~_good(flat, TEXT_LENGTH_MAX, checks)[0]
    lengths = pc.fill_null(pc.list_value_length(given), 0).to_numpy(zero_copy_only=False)
    bad = np.zeros(len(given), np.bool_)
    bad[np.repeat(np.arange(len(given)), lengths)[wrong]] = True
    bad |= lengths > OPT_OUTS_MAX
    return pc.if_else(pa.array(~bad), given, None), bad
