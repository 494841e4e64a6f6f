"""The models: one SQL file a mart or view, with a YAML head that says what it answers, reads and promises."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from policy.errors import FootfallError
from warehouse.releases import Cells

SOURCES: Final = ("hits", "customer_events", "purchases")
"""The facts that models read, each with the rows of the days asked for; a mart may read other marts as well."""
GIVEN: Final = ("own_hosts", "counting", "limits", "registered", "calendar")
"""What else the runner provides: each site's own hosts; the way of collection that counts, where a site says so; the policy's
limits; the registered customers (customer, role); the days asked for, and how many days ago each was."""
PARAMETERS: Final = ("as_of", "currency")
"""What may stand as `:name` in a model: the date that the night is run for, and the money of all amounts."""
PARAMETER: Final = re.compile(r"(?<!:):([a-z_]+)\b")

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]


class ModelError(FootfallError):
    """A model file is malformed, breaks the house rules for SQL, or its result fails an audit of its own."""


class Audits(Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold of a mart's rows before they are stored.

    Attributes:
        not_null: columns without an empty value.
        range: smallest and largest value of columns; null leaves a side open.
        reconcile: the sum of a column equals the one value that a query gives.
    """

    not_null: tuple[Name, ...] = ()
    range: Mapping[Name, tuple[int | None, int | None]] = {}
    reconcile: Mapping[Name, str] = {}


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """How the mart is published: into which table, and which cells counted over which rows (see `Cells`)."""

    table: Name
    rows: Name
    nested: Annotated[tuple[Name, ...], Meta(min_length=1)]
    shared: bool = False
    apart: Name | Literal[""] = ""
    facets: bool = False

    @property
    def cells(self) -> Cells:
        """The same for the releases package."""
        return Cells(self.rows, self.nested, self.shared, self.apart, self.facets)


class MapOf(Struct, frozen=True, forbid_unknown_fields=True):
    """A column that is a map: for each row of the mart one entry, key to value, from each row of `rows` with its keys."""

    rows: Name
    key: Name
    value: Name


class ListOf(Struct, frozen=True, forbid_unknown_fields=True):
    """A column that is a list: for each row of the mart the `items` of each row of `rows` with its keys, in their order."""

    rows: Name
    items: Annotated[tuple[Name, ...], Meta(min_length=1)]
    order: Name


class Nested(Struct, frozen=True, forbid_unknown_fields=True):
    """How a column of many values is made, for maps and lists are written differently in every engine's SQL."""

    map_of: MapOf | None = None
    list_of: ListOf | None = None

    @property
    def rows(self) -> str:
        """The relation that the values come from; it has the mart's keys."""
        made_of = self.map_of or self.list_of
        return made_of.rows if made_of else ""


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """The YAML head of a model file.

    Attributes:
        name: the file's name; for a view also what others select from.
        kind: `view`; `by_day` for a mart of which any day can be rebuilt alone; `whole` for one that is always made anew.
        question: what the file answers.
        inputs: the relations that it reads: other views and marts, `SOURCES`, or `GIVEN`.
        days_before: how many days before those asked for the view needs of a source; it gives no rows of them.
        kept: True for a small view that others read again and again: its rows are kept while the same days are looked at.
        table: where a mart is stored.
        keys: the columns that name a row of a mart; no two rows have the same, and all are in its order.
        nested: columns that are maps or lists, added to those of the SQL.
    """

    name: Name
    kind: Literal["view", "by_day", "whole"]
    question: Annotated[str, Meta(min_length=1)]
    inputs: Annotated[tuple[Name, ...], Meta(min_length=1)]
    days_before: Mapping[Name, Annotated[int, Meta(ge=1)]] = {}
    kept: bool = False
    table: Name | None = None
    keys: tuple[Name, ...] = ()
    audits: Audits = Audits()
    nested: Mapping[Name, Nested] = {}
    release: Release | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """All relations that are read to make the model, its nested columns and its release."""
        nested = [column.rows for column in self.nested.values()]
        return (*self.inputs, *nested, *([self.release.rows] if self.release else []))


class Model(Struct, frozen=True):
    """One model: its head and its SQL, and the file's whole text for telling whether it changed."""

    head: Head
    sql: str
    text: str

    @property
    def parameters(self) -> frozenset[str]:
        """The names that stand as `:name` in the SQL."""
        return frozenset(PARAMETER.findall(self.sql))


def load_models(folder: Path | None = None) -> tuple[Model, ...]:
    """Read all models, each after those that it reads; the shipped ones, or those of `folder` and the rooms in it.

    Raises:
        ModelError: a file is malformed, two have one name, or inputs are missing or go in a circle.
    """
    files = _files(folder or _shipped())
    models = (read_model(name, files[name].read_text()) for name in sorted(files))
    return _in_order({model.head.name: model for model in models})


@cache  # they are read with every question and in every night, and to read YAML takes a tenth of a second
def read_model(file: str, text: str) -> Model:
    """Read one model from the text of the file called `file`."""
    if not text.startswith("/*\n") or "\n*/\n" not in text:
        raise ModelError(f"{file}: expected a YAML head between /* and */ at the top of the file")
    head_text, sql = text.removeprefix("/*\n").split("\n*/\n", 1)
    try:
        data: Any = yaml.safe_load(head_text)
        head = msgspec.convert(data, Head)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ModelError(f"{file}: its head cannot be read: {' '.join(str(error).split())}") from None
    if f"{head.name}.sql" != file:
        raise ModelError(f"{file}: its head calls it {head.name}; file and model have one name")
    if head.kind != "view" and (head.table is None or not head.keys):
        raise ModelError(f"{file}: a mart names its table and its keys")
    for name, nested in head.nested.items():
        if (nested.map_of is None) == (nested.list_of is None):
            raise ModelError(f"{file}: {name} is a map_of or a list_of something, and not both")
    return Model(head, sql, text)


def view_text(name: str) -> str:
    """Give the SQL of one shipped view."""
    file = f"{name}.sql"
    return read_model(file, _files(_shipped())[file].read_text()).sql


def lineage(model: Model, models: tuple[Model, ...]) -> tuple[Model, ...]:
    """Give a model and all that it reads, directly or not, also for its release; in the order of `models`."""
    by_name = {other.head.name: other for other in models} | {model.head.name: model}
    found: set[str] = set()
    waiting = [model.head.name]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in found:
            found.add(name)
            waiting.extend(by_name[name].head.reads)
    found.discard(model.head.name)
    return (*(other for other in models if other.head.name in found), model)


def _shipped() -> Traversable:
    return resources.files("warehouse") / "models"


def _files(folder: Traversable) -> dict[str, Traversable]:
    """Find the model files of a folder and of the rooms in it, by name; models are known by name alone, whatever the room."""
    found: dict[str, Traversable] = {}
    for item in folder.iterdir():
        there = _files(item) if item.is_dir() else {item.name: item} if item.name.endswith(".sql") else {}
        for name in found.keys() & there.keys():
            raise ModelError(f"{name} is there twice; a model's name is its own in all rooms")
        found |= there
    return found


def _in_order(models: Mapping[str, Model]) -> tuple[Model, ...]:
    done: dict[str, Model] = {}
    provided = {*SOURCES, *GIVEN}
    while len(done) < len(models):
        ready = [
            model
            for name, model in models.items()
            if name not in done and all(one in done or one in provided for one in model.head.reads)
        ]
        if not ready:
            stuck = sorted(set(models) - set(done))
            raise ModelError(f"the models {', '.join(stuck)} read something that nobody makes, or one another")
        done.update({model.head.name: model for model in ready})
    return tuple(done.values())
