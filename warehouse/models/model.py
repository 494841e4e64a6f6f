"""The models: one SQL file a mart or view, with a YAML head that says what it answers, reads and promises."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from policy.errors import FootfallError
from warehouse.releases import Cells

INPUTS: Final = ("hits", "own_hosts", "limits")
"""What the runner itself provides: the rows of the days asked for, each site's own hosts, the policy's limits."""

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
    nested: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=2)]
    within: Name | Literal[""] = ""
    shared: bool = False

    @property
    def cells(self) -> Cells:
        """The same for the releases package."""
        return Cells(self.rows, self.nested, self.within, self.shared)


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """The YAML head of a model file.

    Attributes:
        name: the file's name; for a view also what others select from.
        kind: `view`, or `by_day` for a mart of which any day can be rebuilt alone.
        question: what the file answers.
        inputs: the relations that it reads: other views, or one of `INPUTS`.
        table: where a mart is stored.
        keys: the columns that name a row of a mart; no two rows have the same, and all are in its order.
    """

    name: Name
    kind: Literal["view", "by_day"]
    question: Annotated[str, Meta(min_length=1)]
    inputs: Annotated[tuple[Name, ...], Meta(min_length=1)]
    table: Name | None = None
    keys: tuple[Name, ...] = ()
    audits: Audits = Audits()
    release: Release | None = None


class Model(Struct, frozen=True):
    """One model: its head and its SQL, and the file's whole text for telling whether it changed."""

    head: Head
    sql: str
    text: str


def load_models(folder: Path | None = None) -> tuple[Model, ...]:
    """Read all models, each after those that it reads; the shipped ones, or those of `folder`.

    Raises:
        ModelError: a file is malformed, or inputs are missing or go in a circle.
    """
    source = folder or resources.files("warehouse") / "models"
    files = {item.name: item.read_text() for item in source.iterdir() if item.name.endswith(".sql")}
    return _in_order({model.head.name: model for model in (read_model(name, files[name]) for name in sorted(files))})


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
    if head.kind == "by_day" and (head.table is None or not head.keys):
        raise ModelError(f"{file}: a mart names its table and its keys")
    return Model(head, sql, text)


def view_text(name: str) -> str:
    """Give the SQL of one shipped view."""
    return read_model(f"{name}.sql", (resources.files("warehouse") / "models" / f"{name}.sql").read_text()).sql


def lineage(model: Model, models: tuple[Model, ...]) -> tuple[Model, ...]:
    """Give a model and all that it reads, directly or not, also for its release; in the order of `models`."""
    by_name = {other.head.name: other for other in models}
    found: set[str] = set()
    waiting = [model.head.name, *([model.head.release.rows] if model.head.release else [])]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in found:
            found.add(name)
            waiting.extend(by_name[name].head.inputs)
    return tuple(other for other in models if other.head.name in found)


def _in_order(models: Mapping[str, Model]) -> tuple[Model, ...]:
    done: dict[str, Model] = {}
    while len(done) < len(models):
        ready = [
            model
            for name, model in models.items()
            if name not in done and all(one in done or one in INPUTS for one in model.head.inputs)
        ]
        if not ready:
            stuck = sorted(set(models) - set(done))
            raise ModelError(f"the models {', '.join(stuck)} read something that nobody makes, or one another")
        done.update({model.head.name: model for model in ready})
    return tuple(done.values())
