"""What a JSON record of a source looks like, made from the policy once: the type that decodes it, field by field."""

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, Final

import msgspec
import pyarrow as pa

from policy.model import Field, PolicyError, Source
from policy.schemas import arrow_type

RECORD_BYTES_MAX: Final = 64 * 1024
URL_LENGTH_MAX: Final = 2048
TEXT_LENGTH_MAX: Final = 256
LONG_TEXTS: Final = frozenset({"user_agent", "title"})
"""Texts that programs write and that are often longer than what people write; neither is stored."""


class Form(Enum):
    """How a field stands in JSON, and what its column is while it is checked."""

    TEXT = auto()  # a string; dictionary<int32, string>
    SINGLE = auto()  # a string that hardly ever comes twice; string
    FLAG = auto()  # true or false; bool
    NUMBER = auto()  # a number, or money as a string; string, as JSON writes it
    TEXTS = auto()  # an array of strings; list<string>


COLUMN_TYPES: Final = {Form.FLAG: pa.bool_(), Form.TEXTS: pa.list_(pa.string())}
"""Of columns that hold no text."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared field, and how it stands in JSON."""

    field: Field
    form: Form
    type: pa.DataType

    @property
    def name(self) -> str:
        """The field's name."""
        return self.field.name

    @property
    def length_max(self) -> int:
        """The most characters that its text may have."""
        return URL_LENGTH_MAX if self.field.format == "url" or self.name in LONG_TEXTS else TEXT_LENGTH_MAX


@dataclass(frozen=True, slots=True)
class Shape:
    """A source's records: its fields in the policy's order, and the decoder for records that have nothing wrong with them.

    Attributes:
        struct: the type of a decoded record; a field that was not there is None, a number `NO_NUMBER`.
        decoder: refuses records without a mandatory field or with a value of another type, and passes over undeclared fields.
    """

    fields: tuple[Declared, ...]
    struct: type[Any]
    decoder: "msgspec.json.Decoder[Any]"


NO_NUMBER: Final = msgspec.Raw(b"")


@cache
def shape_of(source: Source) -> Shape:
    """Make the shape of a source's records; `PolicyError` when it declares a type that JSON records cannot have."""
    fields = tuple(Declared(field, _form(field), arrow_type(field.type)) for field in source.fields)
    # In a struct the fields without default come first; the order of the policy is kept in `fields`.
    mandatory = [(one.name, _type(one.form)) for one in fields if one.field.mandatory and one.form is not Form.NUMBER]
    others = [
        (one.name, msgspec.Raw, NO_NUMBER) if one.form is Form.NUMBER else (one.name, _type(one.form) | None, None)
        for one in fields
        if one.form is Form.NUMBER or not one.field.mandatory
    ]
    struct = msgspec.defstruct("Record", [*mandatory, *others], frozen=True, gc=False)
    return Shape(fields, struct, msgspec.json.Decoder(struct))


def _form(field: Field) -> Form:
    type_ = arrow_type(field.type)
    if pa.types.is_boolean(type_):
        return Form.FLAG
    if pa.types.is_integer(type_) or pa.types.is_decimal(type_):
        return Form.NUMBER
    if type_ == pa.list_(pa.string()):
        return Form.TEXTS
    if field.format in {"uuid", "rfc3339"}:
        return Form.SINGLE
    if pa.types.is_string(type_) or pa.types.is_date(type_):
        return Form.TEXT
    raise PolicyError(f'the field "{field.name}" is declared as {field.type}, which no JSON record can have')


def _type(form: Form) -> Any:
    return {Form.FLAG: bool, Form.TEXTS: list[str]}.get(form, str)
