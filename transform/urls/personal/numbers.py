"""Digits that reach a person: telephone and card numbers and long ids, as against dates, versions and article numbers."""

import re
from typing import Final

_CARD_DIGITS: Final = range(13, 20)
_CALL_DIGITS: Final = range(9, 16)
_BOOK_DIGITS: Final = 13
_GROUPED_DIGITS_MIN: Final = 10

_YEAR: Final = r"(?:19|20)\d\d"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12]\d|3[01])"

_DATE: Final = re.compile(rf"(?<!\d)(?:{_YEAR}([-._+/ ]?){_MONTH}\1{_DAY}|{_DAY}([-._+/ ]){_MONTH}\2{_YEAR})(?!\d)")
_TIME: Final = re.compile(rf"{_YEAR}{_MONTH}{_DAY}(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?")

_RUN: Final = re.compile(r"\d{9,}")
_GROUPS: Final = re.compile(r"\(?\d(?:[ ._+()/-]{0,2}\d){8,}")
_CALL_ABROAD: Final = re.compile(r"(?<![^\W_])(?:\+|tel:)\s?\(?\d(?:[ ._+()/-]{0,2}\d){6,14}(?!\d)", re.IGNORECASE)
_CARD: Final = re.compile(r"(?<!\d)(?:\d{4}([ ._+-])(?:\d{4}\1){2}\d{1,7}|\d{4}([ ._+-])\d{6}\2\d{4,5})(?!\d)")
_CALL: Final = re.compile(
    r"(?<![\d.])(?:(?:1[ ._+-])?\(?[2-9]\d\d\)?[ ._+-]{1,2}\d{3}[ ._+-]\d{4}"  # North America
    r"|0\d(?:[._+]\d\d){4}"  # France
    r"|0\d{2,4}\.\d{5,8})(?!\.?\d)"
)
_CALL_IN_COUNTRY: Final = re.compile(r"(?:\(0?\d{2,4}\)|(?<!\d)0\d{1,4})[ _+/-]{0,2}\d[\d _+/-]{4,11}\d(?!\d)")
_GROUPED: Final = re.compile(r"(?<!\d)(?:\d[ _+-])?\d{2,8}(?:[ _+-]\d{2,8})+(?!\d)")


def scrub_numbers(text: str) -> str:
    """Put ``{card}``, ``{phone}`` or ``{id}`` in the place of numbers that may reach a person."""
    return _RUN.sub(_run, _GROUPS.sub(_groups, _CALL_ABROAD.sub(_call_abroad, text)))


def is_luhn(digits: str) -> bool:
    """Tell whether the last digit checks the others, as on payment cards."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(int(digit) for digit in digits[-1::-2]) + doubled) % 10 == 0


def _call_abroad(match: re.Match[str]) -> str:
    # A plus may stand for a blank: "+2015-05-20" is a date.
    return match[0] if _DATE.fullmatch(match[0].lstrip("+ ")) else "{phone}"


def _run(match: re.Match[str]) -> str:
    """Judge nine or more digits in a row; a time or the number of a book may stay."""
    digits = match[0]
    if _TIME.fullmatch(digits) or _is_book(digits):
        return digits
    if len(digits) in _CARD_DIGITS and is_luhn(digits):
        return "{card}"
    return "{phone}" if digits.startswith("0") and len(digits) in _CALL_DIGITS else "{id}"


def _groups(match: re.Match[str]) -> str:
    """Judge nine or more digits with blanks, hyphens, dots, slashes, brackets, ``_`` or ``+`` between some of them."""
    text = _CALL.sub("{phone}", _CARD.sub("{card}", match[0]))
    dates = [*_DATE.finditer(text)]
    starts = [0, *(date.end() for date in dates)]
    ends = [*(date.start() for date in dates), len(text)]
    parts = [
        _GROUPED.sub(_grouped, _CALL_IN_COUNTRY.sub(_call_in_country, text[a:b]))
        for a, b in zip(starts, ends, strict=True)
    ]
    kept = [*(date[0] for date in dates), ""]
    return "".join(part + date for part, date in zip(parts, kept, strict=True))


def _call_in_country(match: re.Match[str]) -> str:
    return "{phone}" if _count(match[0]) in _CALL_DIGITS else match[0]


def _grouped(match: re.Match[str]) -> str:
    """Judge groups of digits: with fewer than ten digits beside years they are a row of years or small numbers."""
    groups = re.findall(r"\d+", match[0])
    if sum(len(group) for group in groups if not re.fullmatch(_YEAR, group)) < _GROUPED_DIGITS_MIN:
        return match[0]
    return "{phone}" if _count(match[0]) in _CALL_DIGITS else "{id}"


def _count(text: str) -> int:
    return sum(sign.isdigit() for sign in text)


def _is_book(digits: str) -> bool:
    """Tell whether the digits are a book's number (ISBN-13): the same for all its readers."""
    checked = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return len(digits) == _BOOK_DIGITS and digits.startswith(("978", "979")) and checked % 10 == 0
