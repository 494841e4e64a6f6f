"""Personal columns are read with their key and not without it (R47)."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policy import Policy
from policy.schemas import arrow_schema
from tests.warehouse.lake.conftest import DAY, NEXT_MONTH, PERSON, Clock, Events, Keys, put
from warehouse.keyring import Keyring, MasterKey
from warehouse.lake import Lake, LakeError
from warehouse.registry import Registry, sqlite_url


def profile(policy: Policy, customer: int, path: str) -> pa.Table:
    """Make one row of `customer_profiles`."""
    at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    row = {field.name: 1 for field in arrow_schema(policy, "customer_profiles")} | {
        "customer": customer,
        "role": "customer",
        "first_seen": at,
        "last_seen": at,
        "top_country": "DE",
        "categories": [("games", 1.0)],
        "last_paths": [{"path": path, "minute": at}],
        "first_order": None,
        "last_order": None,
        "segment": "visitor",
        "as_of": at.date(),
        "policy_version": "1.4",
    }
    return pa.Table.from_pylist([row], arrow_schema(policy, "customer_profiles"))


def key_ids(lake: Lake, name: str) -> set[bytes]:
    return {pq.read_schema(file).metadata[b"footfall.key_id"] for file in lake.table(name).files()}


def everything(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_rows_come_back_as_they_went_and_each_month_has_its_key(lake: Lake, events: Events) -> None:
    rows = events([DAY, NEXT_MONTH], [PERSON, -PERSON])
    put(lake, "customer_events", rows)
    assert lake.table("customer_events").read().equals(rows)
    assert lake.table("customer_events").read(columns=["customer"]).equals(rows.select(["customer"]))
    assert key_ids(lake, "customer_events") == {b"profile/2026-10/1", b"profile/2026-11/1"}


def test_two_generations_of_a_key_in_one_day_are_read_together(lake: Lake, events: Events, keys: Keys) -> None:
    put(lake, "customer_events", events([DAY], [1]))
    keys.generation = 2
    put(lake, "customer_events", events([DAY], [2]), start=1)
    assert key_ids(lake, "customer_events") == {b"profile/2026-10/1", b"profile/2026-10/2"}
    assert sorted(lake.table("customer_events").read().column("customer").to_pylist()) == [1, 2]


def test_nested_columns_and_maps_come_back(lake: Lake, policy: Policy) -> None:
    """A table without days is under the key of the month in which it is written."""
    rows = profile(policy, PERSON, "/somebody/was/here")
    lake.table("customer_profiles").replace_days(rows, None, watermarks={"customer_events": 3})
    assert lake.table("customer_profiles").read().to_pylist() == rows.to_pylist()
    assert key_ids(lake, "customer_profiles") == {b"profile/2026-11/1"}


def test_every_leaf_of_a_personal_map_is_encrypted(tmp_path: Path, policy: Policy, clock: Clock, keys: Keys) -> None:
    table = policy.tables["customer_profiles"]
    columns = tuple(
        msgspec.structs.replace(column, personal=column.personal or column.name == "categories")
        for column in table.columns
    )
    tables = {**policy.tables, "customer_profiles": msgspec.structs.replace(table, columns=columns)}
    lake = Lake(tmp_path, msgspec.structs.replace(policy, tables=tables), clock, keys)
    rows = profile(policy, PERSON, "/x").set_column(
        8, policy_field(policy, "categories"), pa.array([[("secretly", 0.5)]], pa.map_(pa.string(), pa.float64()))
    )
    lake.table("customer_profiles").replace_days(rows, None, watermarks={})
    assert lake.table("customer_profiles").read(columns=["categories"]).to_pylist() == [
        {"categories": [("secretly", 0.5)]}
    ]
    assert b"secretly" not in everything(tmp_path)


def policy_field(policy: Policy, name: str) -> pa.Field:
    schema = arrow_schema(policy, "customer_profiles")
    assert schema.names[8] == name
    return schema.field(name)


def test_an_empty_table_is_read_without_any_key(lake: Lake, events: Events, keys: Keys) -> None:
    assert lake.table("customer_events").read().equals(events([], []))
    put(lake, "customer_events", events([], []))
    assert lake.table("customer_events").read(columns=["customer"]).num_rows == 0
    assert keys.held == {}


def test_no_personal_value_stands_in_any_file_or_log(lake: Lake, events: Events, policy: Policy) -> None:
    """Neither in the data nor in the statistics of the footer, in whatever form; the search itself is tried on a plain one."""
    put(lake, "customer_events", events([DAY], [PERSON] * 50 + [PERSON + 1]))
    lake.table("customer_events").compact(NEXT_MONTH)
    lake.table("customer_profiles").replace_days(profile(policy, PERSON, "/somebody/was/here"), None, watermarks={})
    stored = everything(lake.root)
    forms = [
        *(struct.pack(order, number) for order in ("<q", ">q") for number in (PERSON, PERSON + 1)),
        *(str(number).encode() for number in (PERSON, PERSON + 1)),
        f"{PERSON:x}".encode(),
        b"/somebody/was/here",
    ]
    assert not [form for form in forms if form in stored]
    assert b"/games" in stored


def test_the_footer_has_bounds_of_the_listed_columns_only(lake: Lake, events: Events) -> None:
    put(lake, "customer_events", events([DAY], [PERSON]))
    (file,) = lake.table("customer_events").files()
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select path_in_schema, coalesce(stats_min_value, stats_max_value, stats_min, stats_max), stats_null_count, "
            "bloom_filter_offset from parquet_metadata(?)",
            [file],
        ).fetchall()
    bounds = {name: values for name, *values in rows}
    assert bounds["customer"] == [None, None, None]
    assert bounds["path"][0] is None
    assert bounds["event_time"][1] == 0
    assert bounds["event_time"][0] is not None


def test_files_carry_purpose_and_clause_beside_the_keys_name(lake: Lake, events: Events) -> None:
    put(lake, "customer_events", events([DAY], [PERSON]))
    schema = pq.read_schema(lake.table("customer_events").files()[0])
    assert schema.field("customer").metadata[b"clause"] == b"R17"
    assert schema.field("path").metadata[b"purpose"] == b"profile"


def test_text_stays_a_dictionary(lake: Lake, events: Events) -> None:
    rows = events([DAY], [PERSON] * 1000)
    rows = rows.set_column(
        rows.column_names.index("path"),
        "path",
        rows.column("path").dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())),
    )
    put(lake, "customer_events", rows)
    schema = pq.read_schema(lake.table("customer_events").files()[0])
    assert pa.types.is_dictionary(schema.field("path").type)


def test_tables_without_personal_columns_are_plain(lake: Lake, hits: Callable[..., pa.Table], keys: Keys) -> None:
    put(lake, "hits", hits(DAY))
    schema = pq.read_schema(lake.table("hits").files()[0])
    assert b"footfall.key_id" not in (schema.metadata or {})
    assert keys.held == {}


def test_without_keys_a_table_about_people_takes_nothing_and_shows_the_rest(
    lake: Lake, events: Events, policy: Policy, clock: Clock
) -> None:
    put(lake, "customer_events", events([DAY], [PERSON]))
    shut = Lake(lake.root, policy, clock).table("customer_events")
    with pytest.raises(LakeError, match="customer may only be stored and read with keys") as caught:
        shut.stage(events([DAY], [PERSON]))
    assert "\n" not in str(caught.value)
    with pytest.raises(LakeError, match="only be stored and read with keys"):
        shut.read(columns=["customer"])
    assert shut.read(columns=["path", "event_date"]).to_pylist() == [{"path": "/games", "event_date": DAY}]


def test_a_key_that_is_not_there_is_named_with_the_number_of_files(lake: Lake, events: Events, keys: Keys) -> None:
    """Nothing is touched: not even the days whose keys are there, when they are asked for together."""
    put(lake, "customer_events", events([DAY, NEXT_MONTH], [PERSON]))
    put(lake, "customer_events", events([DAY], [PERSON]), start=1)
    del keys.held["profile/2026-10/1"]
    table = lake.table("customer_events")
    with pytest.raises(
        LakeError, match=r"^customer_events: 2 of 3 files are locked by the key profile/2026-10/1: it was destroyed$"
    ):
        table.read()
    assert table.read([NEXT_MONTH]).num_rows == 1
    assert table.read(columns=["path"]).num_rows == 3


def test_another_key_of_the_same_name_opens_nothing(lake: Lake, events: Events, keys: Keys) -> None:
    put(lake, "customer_events", events([DAY], [PERSON]))
    keys.held["profile/2026-10/1"] = bytes(16)
    with pytest.raises(LakeError, match=r"1 of 1 files do not open with the key profile/2026-10/1\. Is the registry"):
        lake.table("customer_events").read()


def test_a_file_that_names_no_key_is_not_touched(lake: Lake, events: Events) -> None:
    put(lake, "customer_events", events([DAY], [PERSON]))
    table = lake.table("customer_events")
    (file,) = table.files()
    pq.write_table(events([DAY], [PERSON]).drop_columns(["event_date"]), file)
    with pytest.raises(LakeError, match="1 of 1 files name no key"):
        table.read()


def test_a_footer_that_was_changed_is_noticed(lake: Lake, events: Events) -> None:
    """The footer is plain, and signed: somebody who changes a name in it is found out."""
    put(lake, "customer_events", events([DAY], [PERSON]))
    (file,) = map(Path, lake.table("customer_events").files())
    file.write_bytes(file.read_bytes().replace(b"collected_via", b"collected_vie"))
    with pytest.raises(LakeError, match="do not open with the key"):
        lake.table("customer_events").read()


def test_a_page_that_was_changed_is_noticed(lake: Lake, events: Events) -> None:
    put(lake, "customer_events", events([DAY], [PERSON]))
    (file,) = map(Path, lake.table("customer_events").files())
    stored = bytearray(file.read_bytes())
    stored[40] ^= 1  # the first column is the customer
    file.write_bytes(stored)
    with pytest.raises(LakeError, match=r"cannot read its rows: Failed decryption.* Was a file changed\?"):
        lake.table("customer_events").read(columns=["customer"])


def test_the_keyring_gives_the_keys(tmp_path: Path, policy: Policy, clock: Clock, events: Events) -> None:
    with Registry.open(sqlite_url(tmp_path)) as registry:
        keyring = Keyring(registry, MasterKey(bytes(32)), clock)
        lake = Lake(tmp_path / "lake", policy, clock, keyring)
        put(lake, "customer_events", events([DAY], [PERSON]))
        keyring.new_generation("profile", "2026-10")
        put(lake, "customer_events", events([DAY], [PERSON]), start=1)
        assert key_ids(lake, "customer_events") == {b"profile/2026-10/1", b"profile/2026-10/2"}
        fresh = Keyring(registry, MasterKey(bytes(32)), clock)
        rows = Lake(lake.root, policy, clock, fresh).table("customer_events").read()
        assert rows.column("customer").to_pylist() == [PERSON, PERSON]


def test_encryption_costs_few_bytes(lake: Lake, events: Events, tmp_path: Path) -> None:
    """A few hundred bytes a file, and none a row."""
    rows = events([DAY], np.random.default_rng(1).integers(-(2**62), 2**62, 1000).tolist() * 20)
    put(lake, "customer_events", rows)
    plain = tmp_path / "plain.parquet"
    pq.write_table(rows.drop_columns(["event_date"]), plain, compression="zstd", compression_level=3)
    assert lake.table("customer_events").size()["bytes"] - plain.stat().st_size < 4000
