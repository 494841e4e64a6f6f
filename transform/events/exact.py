"""One record read with patience: what is wrong with it, in the policy's order, and which fields nobody declared."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from transform.events.fields import RECORD_BYTES_MAX, Declared, Form, Shape
from transform.reasons import Reason

DEPTH_MAX: Final = 32
"""No declared field is nested at all; deeper nesting is an attack on readers."""

_HALF: Final = re.compile("[\ud800-\udfff]")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object.

    Attributes:
        values: by field, as the columns of the field's form take them; None where there is none.
        bad: fields whose value has another type, by their place in the policy.
        undeclared: names of other fields.
    """

    values: dict[str, Any]
    bad: list[int]
    undeclared: list[str]


class _Pairs(list[tuple[str, Any]]):
    """A JSON object, with repeated names."""


class _Number(str):
    """A JSON number as it is written; nobody pays for a billion digits before they are refused."""

    __slots__ = ()


class _NotJsonError(ValueError):
    """NaN and Infinity are no JSON."""


def _refuse(_constant: str) -> Any:
    raise _NotJsonError


_ANY_JSON: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
)


def read_record(value: bytes, shape: Shape) -> Record | Reason:
    """Read one record, whatever its bytes; a `Reason` is what keeps it from being a JSON object of fields."""
    if len(value) > RECORD_BYTES_MAX:
        return Reason.RECORD_TOO_LONG
    if not value.strip():
        return Reason.NO_CONTENT
    try:
        text = value.decode()
        found = Reason.NESTED_TOO_DEEP if depth(text) > DEPTH_MAX else _ANY_JSON.decode(text)
    except ValueError:  # json's own error and UnicodeDecodeError are among them
        return Reason.NOT_JSON
    if isinstance(found, Reason):
        return found
    if not isinstance(found, _Pairs):
        return Reason.NOT_AN_OBJECT
    named = dict(found)
    return _record(named, shape) if len(named) == len(found) else Reason.REPEATED_FIELD


def depth(text: str) -> int:
    """Say how deep arrays and objects stand in one another; brackets in strings do not count."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return 0
    deepest = now = 0
    for sign in _STRING.sub("", text):
        now += (sign in "[{") - (sign in "]}")
        deepest = max(deepest, now)
    return deepest


def _record(named: dict[str, Any], shape: Shape) -> Record:
    record = Record({}, [], [])
    for place, declared in enumerate(shape.fields):
        given = named.pop(declared.name, None)
        value = _value(given, declared)
        record.values[declared.name] = value
        if given is not None and value is None:
            record.bad.append(place)
    record.undeclared.extend(named)
    return record


def _value(given: Any, declared: Declared) -> Any:
    """Give the value as its column takes it, None for one of another type."""
    match declared.form:
        case Form.FLAG:
            return given if isinstance(given, bool) else None
        case Form.NUMBER:
            return _number(given)
        case Form.TEXTS:
            return given if isinstance(given, list) and all(map(_is_text, given)) else None
        case Form.TEXT | Form.SINGLE:
            return given if _is_text(given) else None


def _number(given: Any) -> str | None:
    if isinstance(given, _Number):
        return str(given)
    return json.dumps(given) if _is_text(given) else None


def _is_text(given: Any) -> bool:
    """Tell text from other values, and from half a character that no text can have (a lone surrogate)."""
    return isinstance(given, str) and not isinstance(given, _Number) and (given.isascii() or not _HALF.search(given))
