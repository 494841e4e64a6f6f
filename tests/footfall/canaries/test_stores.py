"""Nothing that was written is passed over: plain files, decoded columns of every form, databases with what is not yet in them."""

import sqlite3
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from footfall.canaries.scan import Piece, read_everything
from warehouse.lake.files import FileKeys

TEXT = "mavotinkelo"
NUMBER = 3405803783


class NoKeys(FileKeys):
    """Nobody's."""

    def file_key(self, purpose: str, month: str) -> tuple[str, bytes]:
        raise AssertionError(purpose, month)

    def key_by_id(self, key_id: str) -> bytes:
        raise AssertionError(key_id)

    def destroyed(self, purpose: str) -> Mapping[str, date]:
        raise AssertionError(purpose)


def read(folder: Path) -> list[Piece]:
    return list(read_everything(folder, folder / "warehouse", NoKeys(), frozenset({"web_log"})))


def is_there(pieces: list[Piece]) -> bool:
    numbers = {int(number) for piece in pieces if piece.numbers is not None for number in piece.numbers}
    return NUMBER in numbers or any(TEXT.encode() in piece.data for piece in pieces)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (pa.string(), TEXT),
        (pa.large_string(), TEXT),
        (pa.binary(), TEXT.encode()),
        (pa.dictionary(pa.int32(), pa.string()), TEXT),
        (pa.list_(pa.string()), ["x", TEXT]),
        (pa.list_(pa.struct([("path", pa.string()), ("at", pa.int64())])), [{"path": TEXT, "at": 1}]),
        (pa.map_(pa.string(), pa.int64()), [(TEXT, 1)]),
        (pa.map_(pa.string(), pa.int64()), [("x", NUMBER)]),
        (pa.int64(), NUMBER),
        (pa.uint32(), NUMBER),
        (pa.list_(pa.uint32()), [NUMBER]),
    ],
    ids=str,
)
def test_every_form_of_a_column(tmp_path: Path, type_: Any, value: Any) -> None:
    column = pa.array([None, value, None], type_)
    pq.write_table(pa.table({"c": column}), tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    decoded = read(tmp_path)[1:]
    assert is_there(decoded)
    assert {piece.store for piece in decoded} == {"a.parquet"}


def test_money(tmp_path: Path) -> None:
    column = pa.array([Decimal(NUMBER)], pa.decimal128(18, 2))
    pq.write_table(pa.table({"c": column}), tmp_path / "a.parquet")
    assert any(str(NUMBER).encode() in piece.data for piece in read(tmp_path)[1:])


def test_a_database_and_what_is_not_yet_in_it(tmp_path: Path) -> None:
    path = tmp_path / "warehouse" / "registry" / "registry.db"
    path.parent.mkdir(parents=True)
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode = wal")
    database.execute("create table people (name text, number integer, sealed blob)")
    database.execute("insert into people values ('Ann', 7, ?)", (TEXT.encode(),))
    database.commit()
    pieces = read(tmp_path)
    assert is_there([piece for piece in pieces if piece.store == "registry/registry.db (people)"])
    assert is_there([piece for piece in pieces if piece.store == "registry/registry.db-wal"])
    database.execute("update people set sealed = null, number = ?", (NUMBER,))
    database.commit()
    assert is_there([piece for piece in read(tmp_path) if piece.store == "registry/registry.db (people)"])
    database.close()


def test_other_files_of_the_broker_are_read_too(tmp_path: Path) -> None:
    broker = tmp_path / "warehouse" / "kafka"
    for name in ("data/web_log-0/00.timeindex", "data/meta.properties", "broker.log"):
        (broker / name).parent.mkdir(parents=True, exist_ok=True)
        (broker / name).write_text(TEXT)
    assert sorted(piece.store for piece in read(tmp_path)) == ["kafka/broker.log", "kafka/data"]
