"""Opening an export: with the warehouse's keyring, by whom the policy lets read it, or with the key that was handed over."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from footfall.exports.disclosing import ExportError, Form, form_of
from footfall.house import House
from footfall.terminal import json_text
from policy.errors import FootfallError, UsageError
from warehouse.exports import PURPOSE, TABLE
from warehouse.exports.locking import ExportKey, LockError, open_csv, open_objects, open_parquet
from warehouse.lake.files import FileKeys


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened: into which file, and how many rows."""

    out: str
    rows: int


def read_key(path: Path) -> ExportKey:
    """Read the key that came with an export.

    Raises:
        UsageError: the file cannot be read, or others may read it.
        LockError: it holds no such key.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(1000).decode("ascii", "replace")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise UsageError(f"the key {path} is open to others (mode {mode & 0o777:o}); chmod 600 {path}")
    return ExportKey.read(text)


def open_with_house(house: House, file: Path, output: Path, form: Form | None, *, role: str) -> Opened:
    """Open an export of this warehouse; the audit has an entry before the plain file is written.

    Raises:
        RefusedError: the role may not read profiles for marketing (R3, R49).
        FootfallError: the key is destroyed, the file was changed, or the plain one cannot be written.
    """
    asker = house.asker(role, PURPOSE)
    with house.ask(role, PURPOSE):
        form = form_of(file, form)
    try:
        encoded, rows = _opened(file, form, house.keyring)
    except FootfallError as error:
        asker.note([TABLE], None, None, f"the export could not be opened ({type(error).__name__})")
        raise
    asker.note([TABLE], None, rows, "")
    return _write(output, encoded, rows)


def open_with_key(key: ExportKey, file: Path, output: Path, form: Form | None) -> Opened:
    """Open an export with the key that was handed over; no warehouse is needed.

    Raises:
        FootfallError: the key is another one, the file was changed, or the plain one cannot be written.
    """
    return _write(output, *_opened(file, form_of(file, form), key))


def _opened(file: Path, form: Form, keys: FileKeys) -> tuple[bytes, int]:
    try:
        if form == "parquet":
            rows = open_parquet(file, keys)
            sink = pa.BufferOutputStream()
            pq.write_table(rows, sink)
            return sink.getvalue().to_pybytes(), rows.num_rows
        text = file.read_text()
        if form == "csv":
            opened, count = open_csv(text, keys)
            return opened.encode(), count
        objects = open_objects(msgspec.json.decode(text, type=list[dict[str, object]]), keys)
        return json_text(objects).encode(), len(objects)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise LockError(f"{file}: cannot be read as the {form} file that an export is") from error


def _write(output: Path, encoded: bytes, rows: int) -> Opened:
    """Write the plain file for its owner alone, whole or not at all."""
    part = output.with_name(f"{output.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            sink.write(encoded)
            sink.flush()
            os.fsync(sink.fileno())
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ExportError(f"{output}: cannot be written: {error.strerror}") from error
    return Opened(str(output), rows)
