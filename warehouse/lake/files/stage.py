"""Staging: Parquet files written and flushed before anybody can see them.

A staged file is invisible until a commit names it. What a crash leaves behind is an orphan, which `vacuum` removes after
its grace; therefore a file staged longer ago than `STAGED_AGE_MAX` is never committed.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from warehouse.lake.errors import LakeError
from warehouse.lake.files.durable import make_folder, sync_folder
from warehouse.lake.files.encodings import encodings_of
from warehouse.lake.files.encryption import Sealing

PARTITION: Final = "event_date"
STAGED_AGE_MAX: Final = timedelta(hours=1)
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
COMPRESSION_LEVEL: Final = 1
# Numbers of visitors and customers take 3 bytes in a dictionary, 8 beside it; the usual 1 MB is too small for those of a day.
DICTIONARY_BYTES_MAX: Final = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Staged:
    """Files that wait for their commit.

    Attributes:
        root: the table's folder.
        files: what the commit will add; paths are relative to `root`.
        rows: how many rows the files hold.
        staged_at: when the first of them was begun.
    """

    root: Path
    files: tuple[AddAction, ...]
    rows: int
    staged_at: datetime

    def check(self, now: datetime) -> None:
        """Refuse files that vanished, changed their size or have waited too long; Delta itself would accept them."""
        if now - self.staged_at > STAGED_AGE_MAX:
            raise LakeError(
                f"{self.root.name}: files staged at {self.staged_at:%H:%M:%S} are too old to commit; take the intake again"
            )
        for file in self.files:
            path = self.root / file.path
            if not path.is_file() or path.stat().st_size != file.size:
                raise LakeError(
                    f"{self.root.name}: the staged file {path.name} is gone or was cut; take the intake again"
                )

    def discard(self) -> None:
        """Delete the files of a commit that will not be."""
        for file in self.files:
            (self.root / file.path).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Staging:
    """How the files of one table are written.

    Attributes:
        root: the table's folder.
        schema: the policy's schema, whose field metadata travels into the files.
        statistics: columns whose smallest and largest value the log may show; never personal ones.
        sealing: how the personal columns are encrypted; None where there are none.
    """

    root: Path
    schema: pa.Schema
    statistics: tuple[str, ...]
    sealing: Sealing | None

    def stage(self, rows: pa.Table, now: datetime, *, data_change: bool = True, briefly: bool = False) -> Staged:
        """Write `rows` as one flushed Parquet file a day (or one file, where the table has no `event_date`).

        Args:
            rows: rows that have been checked against `schema`; text may be dictionary-encoded.
            now: the time to note in the log, and the month of the key of files without a day.
            data_change: False for rows that the table has already, only arranged in another way.
            briefly: the files will be joined with others soon, so that time counts more than size.
        """
        try:
            parts = list(_days(rows)) if PARTITION in self.schema.names else [(None, rows)]
            files = tuple(
                self._write(day, part, now, data_change=data_change, briefly=briefly)
                for day, part in parts
                if part.num_rows
            )
        except OSError as error:
            raise LakeError(
                f"{self.root.name}: cannot write below {self.root}: {error.strerror or error}. "
                "Is the disk full or read-only?"
            ) from error
        return Staged(self.root, files, rows.num_rows, now)

    def _write(self, day: date | None, rows: pa.Table, now: datetime, *, data_change: bool, briefly: bool) -> AddAction:
        folder = self.root / f"{PARTITION}={day}" if day else self.root
        make_folder(folder)
        path = folder / f"part-{uuid4()}.zstd.parquet"
        table = _for_file(rows.drop_columns([PARTITION]) if day else rows, self.schema)
        properties = None
        if self.sealing:
            table, properties = self.sealing.seal(table, day or now.date())
        encodings = encodings_of(table, briefly=briefly)
        with os.fdopen(os.open(path, NEW, 0o600), "wb") as file:
            # Arrow calls Python for each page that goes to a file, so what an intake has is made in memory first.
            memory = pa.BufferOutputStream() if briefly else None
            pq.write_table(
                table,
                memory or file,
                compression=dict.fromkeys(encodings.compressed, "zstd"),
                compression_level=dict.fromkeys(encodings.compressed, COMPRESSION_LEVEL),
                use_dictionary=encodings.dictionaries,
                column_encoding=encodings.others,
                write_statistics=[name for name in self.statistics if name in table.column_names],
                dictionary_pagesize_limit=DICTIONARY_BYTES_MAX,
                encryption_properties=properties,
            )
            if memory:
                file.write(memory.getvalue())
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        sync_folder(folder)
        return AddAction(
            path=str(path.relative_to(self.root)),
            size=size,
            partition_values={PARTITION: str(day)} if day else {},
            modification_time=int(now.timestamp() * 1000),
            data_change=data_change,
            stats=_statistics(table, self.statistics),
        )


def _days(rows: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    """Part rows by day, ascending; those of one day stay in order. A log has its days one behind the other: nothing is copied."""
    column = rows.column(PARTITION)
    each = column.to_numpy()
    heads = np.flatnonzero(np.append(True, each[1:] != each[:-1])[: len(each)])
    days = each[heads].tolist()
    if len(set(days)) == len(days):
        runs = zip(days, heads.tolist(), np.diff(heads, append=len(each)).tolist(), strict=True)
        yield from ((day, rows.slice(head, count)) for day, head, count in sorted(runs))
    else:
        yield from ((day, rows.filter(pc.equal(column, pa.scalar(day, pa.date32())))) for day in sorted(set(days)))


def _for_file(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give each column the policy's field metadata, whatever encoding it travels in.

    Text of several dictionaries gets one: Parquet would give up after the first. Text with a dictionary larger than the rows
    travels without it from here on: most of its values would be other days'.
    """
    columns = [_light(column) for column in rows.unify_dictionaries().columns]
    fields = [schema.field(name).with_type(one.type) for name, one in zip(rows.column_names, columns, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=schema.metadata))


def _light(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type) and any(len(one.dictionary) > len(column) for one in column.chunks):
        return column.cast(column.type.value_type)
    return column


def _statistics(table: pa.Table, columns: tuple[str, ...]) -> str:
    smallest: dict[str, Any] = {}
    largest: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for name in columns:
        if name not in table.column_names:
            continue
        column = table.column(name)
        bounds = pc.min_max(column).as_py()
        nulls[name] = column.null_count
        if bounds["min"] is not None:
            smallest[name] = _as_json(bounds["min"], up=False)
            largest[name] = _as_json(bounds["max"], up=True)
    return json.dumps({"numRecords": table.num_rows, "minValues": smallest, "maxValues": largest, "nullCount": nulls})


def _as_json(value: Any, *, up: bool) -> Any:
    """Write a bound; the log keeps milliseconds, so a time is rounded outwards."""
    if isinstance(value, datetime):
        rest_us = value.microsecond % 1000
        value = value.astimezone(UTC) - timedelta(microseconds=rest_us)
        if up and rest_us:
            value += timedelta(milliseconds=1)
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    return value.isoformat() if isinstance(value, date) else value
