"""Everything that was written below a folder, piece by piece: files as they are, and what is decoded in them.

Files are read as bytes; Parquet is decoded, encrypted columns with their keys, and of SQLite every value. Kafka's topics
are unfolded from their batches and told apart from the rest, for they alone may hold what others sent.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from ingest.wire.fetch.decode.compression import decompressed
from ingest.wire.fetch.decode.headers import CONTROL, LAYOUT, frames, read_header
from warehouse.lake.files import FileKeys, file_format, unlock
from warehouse.lake.files.encryption import KEY_ID

TOPICS: Final = Path("kafka/data")
KAFKA: Final = "Kafka"


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that was written.

    Attributes:
        store: where it stands, as people would say.
        data: its bytes; empty where there are numbers only.
        numbers: the values of a column of whole numbers; None for bytes.
    """

    store: str
    data: bytes = b""
    numbers: npt.NDArray[Any] | None = None


def read_everything(folder: Path, data: Path, keys: FileKeys, topics: frozenset[str]) -> Iterator[Piece]:
    """Read every file below `folder`, in which the warehouse is `data`; Kafka has these topics of raw records."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        inside = path.relative_to(data) if path.is_relative_to(data) else None
        if inside and inside.is_relative_to(TOPICS) and inside.parts[2].rpartition("-")[0] in topics:
            if path.suffix == ".log":
                yield from _batches(path)
            continue
        store = _store(path.relative_to(folder), inside)
        yield Piece(store, path.read_bytes())
        if path.suffix == ".parquet":
            yield from _columns(store, path, keys)
        elif path.suffix == ".db":
            yield from _values(store, path)


def _store(path: Path, inside: Path | None) -> str:
    """Name a store so that the same part of another warehouse has the same name."""
    parts = (inside or path).parts
    return "/".join(part for part in parts[:2] if "=" not in part)


def _batches(path: Path) -> Iterator[Piece]:
    """Unfold what Kafka has on disk, keys and headers of records included."""
    data = path.read_bytes()
    for frame in frames(data):
        batch = memoryview(data)[frame.start : frame.end]
        header = read_header(batch, check_crcs=True)
        if not header.attributes & CONTROL:
            yield Piece(KAFKA, bytes(decompressed(header.codec, batch[LAYOUT.size :])))


def _columns(store: str, path: Path, keys: FileKeys) -> Iterator[Piece]:
    """Decode a Parquet file."""
    locked = KEY_ID in (pq.read_schema(path).metadata or {})
    opened = file_format(unlock(store, [str(path)], keys)) if locked else ds.ParquetFileFormat()
    table = ds.dataset(str(path), format=opened).to_table()
    for column in table.columns:
        yield from _leaves(store, column.combine_chunks())


def _leaves(store: str, column: pa.Array) -> Iterator[Piece]:
    """Give the texts, bytes and whole numbers of a column, nested ones too."""
    type_ = column.type
    if parts := _parts(column):
        for part in parts:
            yield from _leaves(store, part)
    elif pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_binary(type_):
        texts = pc.fill_null(column, "" if not pa.types.is_binary(type_) else b"").to_pylist()
        yield Piece(store, b"\n".join(text if isinstance(text, bytes) else text.encode() for text in texts))
    elif pa.types.is_decimal(type_):
        yield Piece(store, "\n".join(map(str, column.drop_null().to_pylist())).encode())
    elif pa.types.is_integer(type_):
        yield Piece(store, numbers=column.drop_null().to_numpy())


def _parts(column: pa.Array) -> list[pa.Array]:
    """Give the columns of which a nested one is made; none where it is not."""
    type_ = column.type
    if isinstance(column, pa.ChunkedArray):
        return column.chunks
    if pa.types.is_dictionary(type_):
        return [column.dictionary]
    if pa.types.is_map(type_):
        return [column.keys, column.items]
    if pa.types.is_struct(type_):
        return column.flatten()
    return [column.flatten()] if pa.types.is_nested(type_) else []


def _values(store: str, path: Path) -> Iterator[Piece]:
    """Give every value of a SQLite database, and its statements."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        yield Piece(store, "\n".join(str(one) for (one,) in database.execute("select sql from sqlite_master")).encode())
        for table in tables:
            rows = database.execute(f'select * from "{table}"').fetchall()  # noqa: S608 - the name of a table that is there
            values = [value for row in rows for value in row]
            texts = [value if isinstance(value, bytes) else value.encode() for value in values if _is_text(value)]
            yield Piece(f"{store} ({table})", b"\n".join(texts))
            whole = [value for value in values if isinstance(value, int)]
            yield Piece(f"{store} ({table})", numbers=np.array(whole, np.int64))


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, bytes))
