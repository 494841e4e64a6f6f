"""What in a parsed document has not the shape of a struct, each with its exact place.

msgspec stops at the first defect and writes ``[...]`` for the keys of a table; here every defect is found, and its place
reads like the file: ``tables.hits.columns[status].type``.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec


def misshapen(value: Any, kind: Any, place: str = "") -> Iterator[str]:
    """Yield a line for each place under `place` whose value is not what `kind` asks for.

    `kind` is a struct, a ``Mapping[str, …]``, a ``tuple[…, ...]`` or anything else that msgspec can convert to.
    """
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = tuple(_parts(value, _bare(kind), place))
        yield from found or (f"{place or 'the document'}: {_expectation(error, value, kind)}",)


def _parts(value: Any, kind: Any, place: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _struct_parts(value, kind, place)
        elif get_origin(kind) is Mapping:
            key_kind, value_kind = get_args(kind)
            for key, item in value.items():
                yield from misshapen(key, key_kind, f"{_below(place, key)} (its name)")
                yield from misshapen(item, value_kind, _below(place, key))
    elif isinstance(value, list) and get_origin(kind) is tuple:
        for at, item in enumerate(value):
            yield from misshapen(item, get_args(kind)[0], f"{place}[{label(item, at)}]")


def _struct_parts(value: Mapping[str, Any], kind: type[msgspec.Struct], place: str) -> Iterator[str]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in value:
        if key not in fields:
            yield f"{_below(place, key)}: not a known key; expected one of {', '.join(fields)}"
    for name, field in fields.items():
        if name in value:
            yield from misshapen(value[name], field.type, _below(place, name))
        elif field.required:
            yield f"{_below(place, name)}: missing"


def label(item: Any, at: int) -> str:
    """Give what an entry of a list is called in a place: its name or id, or else its number from 0."""
    if isinstance(item, Mapping):
        for key in ("name", "id"):
            if isinstance(item.get(key), str):
                return item[key]
    return str(at)


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _expectation(error: msgspec.ValidationError, value: Any, kind: Any) -> str:
    for alternative in (kind, *get_args(kind)):
        if get_origin(alternative) is Literal:
            return f"expected one of {', '.join(get_args(alternative))}, got {value!r}"
    text = str(error)
    return text[0].lower() + text[1:] + ("" if "got" in text else f", got {value!r}")
