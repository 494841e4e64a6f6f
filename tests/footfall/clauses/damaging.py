"""What somebody can do to a warehouse: rows, files, the registry and the program changed behind its back."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace as changed
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from footfall.house import House
from policy import load_policy
from tests.footfall.clauses.warehouse import replace, rewrite

OLD: Final = datetime(2001, 1, 1, tzinfo=UTC)
POLICY: Final = Path(__file__).parents[3] / "policy" / "plimus-1.4.toml"


def files(data: Path, table: str) -> list[Path]:
    """Name the Parquet files of a table."""
    return sorted((data / "lake").glob(f"*/{table}/**/*.parquet"))


def every(table: str, change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Change the rows of every plain file of a table."""

    def do(data: Path) -> None:
        assert files(data, table)
        for file in files(data, table):
            rewrite(file, change)

    return do


def column(name: str, value: Any, *others: Any) -> Callable[[pa.Table], pa.Table]:
    """Set a column of every row to one value or to several in turn, whatever its encoding; one that is not there is added."""

    def change(rows: pa.Table) -> pa.Table:
        given = list(islice(cycle((value, *others)), rows.num_rows))
        if name not in rows.column_names:
            return rows.append_column(name, pa.array(given))
        field = rows.schema.field(name)
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        values = pa.array(given, kind)
        return rows.set_column(rows.column_names.index(name), field.with_type(kind), values)

    return change


def without(name: str) -> Callable[[pa.Table], pa.Table]:
    """Leave a column out."""
    return lambda rows: rows.drop_columns([name])


def added(name: str, amount: int) -> Callable[[pa.Table], pa.Table]:
    """Add something to a whole column of numbers."""

    def change(rows: pa.Table) -> pa.Table:
        at = rows.column_names.index(name)
        field = rows.schema.field(name)
        return rows.set_column(at, field, pc.add(rows.column(name), amount).cast(field.type))

    return change


def undescribed(rows: pa.Table) -> pa.Table:
    """Take the purposes out of a file's schema."""
    return pa.table(rows.columns, schema=pa.schema([field.remove_metadata() for field in rows.schema]))


def one_left_out(data: Path) -> None:
    """Leave an intake out of the accounts."""
    rewrite(files(data, "intakes")[0], lambda rows: rows.slice(0, 0))


def one_file(data: Path) -> None:
    """Say of all intakes that they are of the same lines of the same file."""
    with House.open(data) as house:
        origin = next(iter(house.registry.origins()))
    for file in files(data, "intakes"):
        rewrite(file, lambda rows: column("position_from", 0)(column("origin", origin)(rows)))


def in_registry(*statements: str) -> Callable[[Path], None]:
    """Change the registry past the program."""

    def do(data: Path) -> None:
        with closing(sqlite3.connect(data / "registry" / "registry.db")) as database, database:
            for statement in statements:
                database.execute(statement)

    return do


def stored(table: str, change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Change the rows of an encrypted mart, with the keys."""

    def do(data: Path) -> None:
        with House.open(data) as house:
            lake_table = house.lake.table(table)
            days = lake_table.days() if "event_date" in lake_table.schema.names else None
            lake_table.replace_days(change(lake_table.read()), days, watermarks={})

    return do


def stored_again(table: str) -> Callable[[Path], None]:
    """Add the rows of a plain table once more."""

    def do(data: Path) -> None:
        with House.open(data) as house:
            lake_table = house.lake.table(table)
            lake_table.commit(lake_table.stage(lake_table.read()), app_id="somebody", start=0, end=1)

    return do


def settled_unseen(data: Path) -> None:
    """Note one dead letter as settled by a replay that has never been."""
    with House.open(data) as house:
        letters, replays = house.lake.table("dead_letters"), house.lake.table("replays")
        letter = letters.read().slice(0, 1)
        more = {"intake": f"{letter['topic_id'][0]}/0/replay/7", "outcome": "hits"}
        columns = {name: pa.array([more[name]]) if name in more else letter[name] for name in replays.schema.names}
        rows = pa.table(columns, schema=replays.schema)
        replays.commit(replays.stage(rows), app_id="somebody", start=0, end=1)


def plain_text(data: Path) -> None:
    """Write customers' events again, and forget to encrypt them."""
    with House.open(data) as house:
        rows = house.lake.table("customer_events").read()
    file = files(data, "customer_events")[0]
    schema = pq.read_schema(file)
    replace(file, rows.select(schema.names).replace_schema_metadata(schema.metadata))


def name_in_file(data: Path) -> None:
    """Write down who a customer is."""
    with House.open(data) as house:
        from footfall.clauses import Evidence  # noqa: PLC0415 - of the house just opened
        from footfall.clauses.people import some_people  # noqa: PLC0415

        with Evidence(house) as evidence:
            (data / "notes.txt").write_text(f"call {some_people(evidence)[0].email} back")


def child_with_rows(data: Path) -> None:
    """Flag a customer who has a profile, and note that nothing is left of them."""
    with House.open(data) as house:
        customer = house.lake.table("customer_profiles").read(columns=["customer"]).column("customer")[0].as_py()
    at = "2026-11-01 00:00:00.000000"
    in_registry(
        f"insert into children values ({customer}, '{at}')",
        f"insert into erasures values ({customer}, 'child', 'removed', '{at}')",
    )(data)


def one_number(data: Path) -> None:
    """Give a visitor a customer's number."""
    with House.open(data) as house:
        customer = house.lake.table("customer_events").read(columns=["customer"]).column("customer")[0].as_py()
    rewrite(files(data, "hits")[0], column("visitor", customer))


def disclosed(**given: Any) -> Callable[[Path], None]:
    """Enter a disclosure that no export would make."""

    def do(data: Path) -> None:
        usual: dict[str, Any] = {
            "at": OLD,
            "who": "somebody",
            "role": "marketing",
            "purpose": "marketing",
            "recipient": "house",
            "tables": ("customer_profiles",),
            "columns": ("customer",),
            "rows": 1,
            "policy_version": "1.4",
        }
        with House.open(data) as house:
            house.registry.disclose(**(usual | given))

    return do


def by_policy(old: str, new: str) -> Callable[[Path], None]:
    """Let another policy be in force."""

    def do(data: Path) -> None:
        text = POLICY.read_text()
        assert old in text
        (data / "policy.toml").write_text(text.replace(old, new, 1))
        settings = (data / "footfall.toml").read_text()
        (data / "footfall.toml").write_text(f'policy = "{data / "policy.toml"}"\n{settings}')
        load_policy(data / "policy.toml")

    return do


def without_day(table: str) -> Callable[[Path], None]:
    """Let a day of a table go."""

    def do(data: Path) -> None:
        with House.open(data) as house:
            lake_table = house.lake.table(table)
            lake_table.remove_days(lake_table.days()[:1])

    return do


def lost(table: str) -> Callable[[Path], None]:
    """Delete a file."""
    return lambda data: files(data, table)[0].unlink()


def opened_up(data: Path) -> None:
    """Let everybody into the folder."""
    data.chmod(0o755)


def written(name: str, text: str) -> Callable[[Path], None]:
    """Write a file into the warehouse."""

    def do(data: Path) -> None:
        (data / name).write_text(text)

    return do


def key_half_gone(data: Path) -> None:
    """Say that a key is destroyed, and keep its bytes."""
    in_registry(
        "update keys set destroyed_at = '2026-11-01 00:00:00.000000' where purpose = 'profile' and period <> ''"
    )(data)


@contextmanager
def careless_choice(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let exports be made for everybody."""
    from warehouse import exports  # noqa: PLC0415

    patch.setattr(exports, "choose", lambda profiles, *_: exports.Chosen(profiles, 0, 0, 0))
    yield


def clear_wire(house: House) -> House:
    """Require TLS of a house whose Kafka is spoken to in the clear."""
    kafka = msgspec.structs.replace(house.settings.kafka, bootstrap="kafka.example:9092", security="PLAINTEXT")
    return changed(house, settings=msgspec.structs.replace(house.settings, require_tls=True, kafka=kafka))
