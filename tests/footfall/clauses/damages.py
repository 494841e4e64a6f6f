"""How a warehouse can be damaged so that one clause no longer holds, and what the check must then say."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, datetime
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


@dataclass(frozen=True, slots=True)
class Damage:
    """One way to break a promise.

    Attributes:
        clause: the promise.
        why: what somebody did.
        do: does it to a warehouse's folder.
        says: what the evidence must name.
    """

    clause: str
    why: str
    do: Callable[[Path], None]
    says: str


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


def column(name: str, value: Any) -> Callable[[pa.Table], pa.Table]:
    """Set a column of every row to one value, whatever its encoding; a column that is not there is added."""

    def change(rows: pa.Table) -> pa.Table:
        if name not in rows.column_names:
            return rows.append_column(name, pa.array([value] * rows.num_rows))
        field = rows.schema.field(name)
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        values = pa.array([value] * rows.num_rows, kind)
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


UNGUARDED: Final = tuple(
    f"drop trigger if exists disclosures_{what}" for what in ("no_update", "no_delete", "next_only")
)
AUDIT_UNGUARDED: Final = tuple(
    f"drop trigger if exists audit_{what}" for what in ("no_update", "no_delete", "next_only")
)
READERS: Final = 'readers = [\n  { role = "batch", purposes = ["operations"] },\n  { role = "privacy", purposes = ["operations"] },\n]'

DAMAGES: Final = (
    Damage(
        "R1", "rows say another version", every("hits", column("policy_version", "9.9")), "hits has rows of version 9.9"
    ),
    Damage(
        "R2", "a column that nobody declared", every("hits", column("shoe_size", 43)), "undeclared column shoe_size"
    ),
    Damage("R3", "files without purposes", every("hits", undescribed), "does not carry its declared purposes"),
    Damage(
        "R3", "a folder of one's own in the lake", lambda data: (data / "lake/facts/mine").mkdir(), "folder facts/mine"
    ),
    Damage("R4", "events of an unknown channel", every("hits", column("channel", "pigeon")), "undeclared channel"),
    Damage(
        "R5",
        "an address in dead letters",
        every("dead_letters", column("shape", "from 198.51.100.7")),
        "dead_letters.shape has an IPv4",
    ),
    Damage(
        "R5",
        "an address in a log beside the tables",
        written("worker.log", "client 2001:db8::17 came"),
        "worker.log has an IPv6",
    ),
    Damage("R6", "a city in place of a region", every("hits", column("region", "Berlin")), "hits.region are no code"),
    Damage(
        "R7",
        "a cell of three visitors",
        every("geo_daily", column("visitors", 3)),
        "cells below 10 visitors, the least of 3",
    ),
    Damage(
        "R7",
        "cells that are not those of the rows",
        every("geo_daily", added("views", 1)),
        "not what its rows add up to",
    ),
    Damage("R8", "a visitor with a customer's number", one_number, "have the number of customers"),
    Damage("R10", "rows of a child", child_with_rows, "rows of 1 child"),
    Damage("R12", "hits without their offset", every("hits", without("utc_offset_min")), "hits have no utc_offset_min"),
    Damage(
        "R13",
        "a mail address in paths",
        every("hits", column("path", "/u/jane.doe@mail.example")),
        "hits.path has an e-mail address",
    ),
    Damage(
        "R14",
        "names for marketing",
        by_policy(
            'purposes = ["service"], clause = "R14", why = "How to address',
            'purposes = ["service", "marketing"], clause = "R14", why = "How to address',
        ),
        "registration.name may be used for marketing",
    ),
    Damage(
        "R15",
        "log lines that say they are forms",
        every("hits", column("collected_via", "registration_form")),
        "rows by log_file",
    ),
    Damage(
        "R16",
        "a refusal for want of an optional field",
        every("dead_letters", lambda rows: column("source", "transaction")(column("reason", "missing_coupon")(rows))),
        "want of coupon, which is optional",
    ),
    Damage(
        "R17", "profiles that were edited", stored("customer_profiles", added("views", 1)), "customer_profiles differ"
    ),
    Damage("R18", "names of computers", every("hits", column("host_name", "janes-laptop")), "column host_name"),
    Damage(
        "R23",
        "a cookie in a label",
        every("hits", column("bot_label", "Cookie: sid=abc")),
        "hits.bot_label has a cookie",
    ),
    Damage("R24", "automatic logins", every("hits", column("auto_login", value=True)), "column auto_login"),
    Damage(
        "R25",
        "one visitor for all days",
        every("hits", column("visitor", 42)),
        "1 visitor numbers stand on more than one day",
    ),
    Damage(
        "R26",
        "a password in a path",
        every("hits", column("path", "/x;password=hunter22")),
        "hits.path has a credential",
    ),
    Damage("R27", "an export to a stranger", disclosed(recipient="stranger"), "a recipient that may not have it"),
    Damage(
        "R29",
        "a newsletter to customers",
        disclosed(communication="newsletter", audience="customer"),
        "its communication may not reach",
    ),
    Damage("R30", "customers' days that were edited", stored("customer_daily", added("views", 1)), "the views of"),
    Damage("R31", "credit scores", every("hits", column("credit_score", 700)), "column credit_score"),
    Damage(
        "R33", "an edited ledger", in_registry(*UNGUARDED, "update disclosures set rows = 0"), "breaks at disclosure 1"
    ),
    Damage("R33", "a ledger without its guards", in_registry(*UNGUARDED), "let somebody change entries"),
    Damage(
        "R34",
        "the page behind a link",
        every("hits", column("outbound_host", "partner.example/offer?u=jane")),
        "more than a host",
    ),
    Damage("R35", "an author of a forum", every("hits", column("path", "/forum/user/jane")), "name an author"),
    Damage("R47", "customers' events in the clear", plain_text, "could be read without a key"),
    Damage("R47", "a customer's address in a note", name_in_file, "notes.txt has 1 names, addresses or ids"),
    Damage("R48", "a destroyed key with its bytes", key_half_gone, "is destroyed and still has bytes"),
    Damage("R49", "a folder that is open to all", opened_up, "others may enter the data folder"),
    Damage("R49", "an audit without its guards", in_registry(*AUDIT_UNGUARDED), "change entries of the audit"),
    Damage(
        "R49",
        "an edited audit",
        in_registry(*AUDIT_UNGUARDED, "update audit set who = 'nobody' where number = 2"),
        "audit breaks at entry 2",
    ),
    Damage(
        "R51",
        "a page that remembers",
        written("page.html", "<script>localStorage.x = 1</script>"),
        "page.html stores something",
    ),
    Damage("R53", "an intake that is gone", one_left_out, "stands at"),
    Damage(
        "R54",
        "dead letters that speak",
        every("dead_letters", column("shape", "jane@mail.example")),
        "more in them than a shape",
    ),
    Damage("R55", "a live file that is gone", lost("referrer_daily"), "referrer_daily: a live file"),
    Damage(
        "R55", "a file of another size", every("status_daily", without("bytes")), "another size than its commit says"
    ),
    Damage(
        "R56",
        "dead letters of long ago",
        every("dead_letters", column("taken_at", OLD)),
        "dead_letters has rows of 2001-01-01",
    ),
    Damage("R57", "a day without statistics", without_day("status_daily"), "days of hits have no statistics"),
    Damage("R58", "intakes that kept one more", every("intakes", added("kept", 1)), "lines of"),
    Damage("R58", "hits that are gone", without_day("hits"), "hits against their accounts"),
    Damage("R59", "a file that nobody registered", in_registry("delete from origins"), "is not registered"),
    Damage("R59", "lines that were taken twice", one_file, "were taken twice"),
    Damage(
        "R60",
        "hits for analysts",
        by_policy(
            READERS,
            READERS.replace("]\n", "]\n", 1).replace(
                "[\n", '[\n  { role = "analyst", purposes = ["geo_statistics"] },\n', 1
            ),
        ),
        "answered: the table hits",
    ),
)


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
