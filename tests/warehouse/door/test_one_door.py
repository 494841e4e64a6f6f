"""There is one door (R3, R49): no module opens the lake, DuckDB or the registered people but those that say why."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct, convert

PACKAGES = ("footfall", "ingest", "dashboards", "warehouse", "transform", "policy")
PROJECT = Path(__file__).parents[3]
RELATIONS = {"warehouse.relations"}
USERS_OF_RELATIONS = {
    "warehouse.asking.session",
    "warehouse.nightly.marts.engine",
    "warehouse.nightly.removal.retention",
    "warehouse.traffic.sources",
    "warehouse.attack.nights",
}
ENGINES = {"duckdb", "deltalake"}
OPENERS = {"Lake", "LakeTable", "DeltaTable", "read_table", "read_parquet", "ParquetFile", "ParquetDataset", "dataset"}
"""Names that give rows to whoever calls them."""
PEOPLE = {"account", "registered", "hidden", "opted_out", "pseudonym"}
"""What the registry's subjects tell about people; their children, erasures and marks are the pipeline's own business."""


class Module(Struct, forbid_unknown_fields=True):
    name: str
    why: str

    def covers(self, module: str) -> bool:
        return module == self.name or (
            self.name.endswith(".*") and f"{module}.".startswith(self.name.removesuffix("*"))
        )


def listed() -> list[Module]:
    text = (PROJECT / "tests" / "data" / "beside_the_door.toml").read_text("utf-8")
    return [convert(one, Module) for one in tomllib.loads(text)["module"]]


def openings(text: str) -> list[str]:
    """Say in which ways a module's text opens data by itself."""
    return sorted(set(_openings(ast.parse(text))))


def _openings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.name for alias in node.names}
            yield from names & OPENERS
            yield from RELATIONS & {node.module, *(f"{node.module}.{name}" for name in names)}
            yield from {node.module.partition(".")[0]} & ENGINES
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & {"deltalake", *RELATIONS}
        elif isinstance(node, ast.Attribute):
            yield from _reached(node.attr, _last(node.value))


def _reached(name: str, owner: str) -> Iterator[str]:
    """Say what `owner.name` opens."""
    if name in {"lake", "_lake"}:
        yield "lake"
    if name in OPENERS and owner in {"pq", "ds", "parquet"}:
        yield name
    if name in PEOPLE and owner in {"subjects", "_subjects"}:
        yield f"subjects.{name}"
    if name in {"read", "write"} and owner in {"registry", "_registry"}:
        yield f"registry.{name}"
    if (owner, name) == ("duckdb", "connect"):
        yield "duckdb.connect"


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def modules() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            if parts[:3] != ("transform", "geography", "build"):
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path.read_text("utf-8")


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    return {name: ways for name, text in modules() if (ways := openings(text))}


def test_whatever_opens_data_beside_the_door_says_why(found: dict[str, list[str]]) -> None:
    """Read through `House.ask`; a module that cannot goes into tests/data/beside_the_door.toml, with its reason."""
    known = listed()
    unknown = {name: ways for name, ways in found.items() if not any(one.covers(name) for one in known)}
    assert unknown == {}


def test_no_reason_is_left_over(found: dict[str, list[str]]) -> None:
    names = {name for name, _ in modules()}
    for module in listed():
        is_there = any(module.covers(name) for name in names)
        assert not is_there or any(module.covers(name) for name in found), module.name
        assert len(module.why) >= len("The door.")


def test_relations_are_for_few_modules(found: dict[str, list[str]]) -> None:
    users = {name for name, ways in found.items() if RELATIONS & set(ways) and not name.startswith("warehouse.attack.")}
    assert users <= USERS_OF_RELATIONS


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("from warehouse.lake import Lake", ["Lake"]),
        ("from warehouse.lake.table import LakeTable as T", ["LakeTable"]),
        ("import pyarrow.parquet as pq\npq.read_table('a')", ["read_table"]),
        ("import pyarrow.dataset as ds\nds.dataset('a')", ["dataset"]),
        ("from pyarrow.parquet import ParquetFile", ["ParquetFile"]),
        ("rows = house.lake.table('hits').read()", ["lake"]),
        ("def f(self): return self._lake", ["lake"]),
        ("from warehouse.relations import open_duckdb", ["warehouse.relations"]),
        ("from warehouse import relations", ["warehouse.relations"]),
        ("import duckdb\nduckdb.connect()", ["duckdb.connect"]),
        ("from duckdb import connect", ["duckdb"]),
        ("house.subjects.registered()", ["subjects.registered"]),
        ("with house.registry.read() as connection: pass", ["registry.read"]),
        ("with house.ask('batch', 'operations') as session: session.query('from hits')", []),
    ],
)
def test_a_new_way_beside_the_door_is_seen(text: str, ways: list[str]) -> None:
    assert openings(text) == ways
