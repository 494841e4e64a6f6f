"""The personal columns of an exported file under a key of its own: every program reads the other columns, and nobody these.

In Parquet they are encrypted as in the lake. CSV and JSON have no such thing, so each value is locked by itself: the key's id,
a colon, and base64 of nonce, ciphertext and tag (AES-GCM; the column's name is authenticated with it). What is locked is the
value as JSON, filled up with blanks, so that its length tells little.
"""

import base64
import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policy.errors import FootfallError
from warehouse.keyring import EXPORT
from warehouse.keys.secret import Secret
from warehouse.lake.files import FileKeys, Sealing, key_id_of, unlock

KEY_ID: Final = re.compile(rf"{EXPORT}/\d{{4}}-\d{{2}}/\d{{1,9}}")
LOCKED: Final = re.compile(rf"({KEY_ID.pattern}):([A-Za-z0-9_-]+=*)")
NONCE_BYTES: Final = 12
FILL_BYTES: Final = 64
HEADING: Final = "footfall export key"

Random = Callable[[int], bytes]


class LockError(FootfallError):
    """An export cannot be opened: its key is another one, or it was changed."""


@dataclass(frozen=True, slots=True)
class ExportKey:
    """The key of one export; it serves where a lake's keys do.

    Attributes:
        key_id: its id, such as `export/2026-11/7`.
        key: 16 bytes.
    """

    key_id: str
    key: Secret

    @classmethod
    def read(cls, text: str) -> "ExportKey":
        """Read what `text` wrote.

        Raises:
            LockError: it is something else; it is not shown.
        """
        heading, _, rest = text.strip().partition(": ")
        key_id, _, digits = rest.partition(" ")
        if heading != HEADING or not KEY_ID.fullmatch(key_id) or not re.fullmatch("[0-9a-f]{32}", digits):
            raise LockError(
                "this is no key of an export; give the file that `footfall profile export --key-file` wrote"
            )
        return cls(key_id, Secret.fromhex(digits))

    @property
    def text(self) -> str:
        """The one line of a key file."""
        return f"{HEADING}: {self.key_id} {self.key.hex()}\n"

    def file_key(self, purpose: str, month: str) -> tuple[str, bytes]:
        """Give this key, whatever is asked for."""
        del purpose, month
        return self.key_id, self.key

    def key_by_id(self, key_id: str) -> bytes:
        """Give this key.

        Raises:
            LockError: another one is asked for.
        """
        if key_id != self.key_id:
            raise LockError(
                f"the file was locked with the key {key_id}, and this key is {self.key_id}; give the right one"
            )
        return self.key

    def destroyed(self, purpose: str) -> dict[str, date]:
        """Nobody destroys a key that somebody holds in hand."""
        del purpose
        return {}


def lock_parquet(rows: pa.Table, columns: Sequence[str], key: ExportKey, on: date) -> bytes:
    """Write rows as a Parquet file in which these columns are encrypted, and all else is open."""
    rows, properties = Sealing(tuple(columns), EXPORT, key).seal(rows, on)
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, encryption_properties=properties)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def open_parquet(path: Path, keys: FileKeys) -> pa.Table:
    """Read an exported Parquet file with its key.

    Raises:
        FootfallError: the key is destroyed, unknown or another one, or the file was changed.
    """
    key_id = key_id_of(str(path))
    if not key_id:
        return pq.read_table(path)
    factory = unlock(path.name, [str(path)], keys)
    properties = factory.file_decryption_properties(pe.KmsConnectionConfig(), pe.DecryptionConfiguration())
    with pq.ParquetFile(path, decryption_properties=properties) as file:
        rows: pa.Table = file.read()
    metadata = {
        name: value for name, value in (rows.schema.metadata or {}).items() if not name.startswith(b"footfall.")
    }
    return rows.replace_schema_metadata(metadata)


def lock_cells(rows: pa.Table, columns: Sequence[str], key: ExportKey, random: Random) -> pa.Table:
    """Put a locked text in the place of each value of these columns, empty ones too."""
    cipher = AESGCM(key.key)
    for name in columns:
        column = rows.column(name)
        values = column.to_pylist()
        if pa.types.is_map(column.type):
            values = [None if value is None else dict(value) for value in values]
        locked = [_lock(cipher, key.key_id, name, msgspec.json.encode(value), random) for value in values]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(locked, pa.string()))
    return rows


def open_csv(text: str, keys: FileKeys) -> tuple[str, int]:
    """Give the text of a CSV file with its locked values open, and the number of its rows.

    Raises:
        FootfallError: the key is destroyed, unknown or another one, or a value was changed.
    """
    lines = csv.reader(io.StringIO(text, newline=""))
    names = next(lines, [])
    opened = io.StringIO(newline="")
    writer = csv.writer(opened, lineterminator="\n")
    writer.writerow(names)
    rows = 0
    for rows, line in enumerate(lines, 1):  # noqa: B007 - counts
        writer.writerow([_as_cell(_open(name, cell, keys)) for name, cell in zip(names, line, strict=True)])
    return opened.getvalue(), rows


def open_objects(objects: Sequence[dict[str, Any]], keys: FileKeys) -> list[dict[str, Any]]:
    """Give the objects of a JSON file with their locked values open.

    Raises:
        FootfallError: the key is destroyed, unknown or another one, or a value was changed.
    """
    return [{name: _open(name, value, keys) for name, value in one.items()} for one in objects]


def _lock(cipher: AESGCM, key_id: str, column: str, value: bytes, random: Random) -> str:
    nonce = random(NONCE_BYTES)
    filled = value.ljust(-(-len(value) // FILL_BYTES) * FILL_BYTES)
    sealed = nonce + cipher.encrypt(nonce, filled, f"{key_id} {column}".encode())
    return f"{key_id}:{base64.urlsafe_b64encode(sealed).decode()}"


def _open(column: str, value: Any, keys: FileKeys) -> Any:
    """Give a value that was locked; any other as it is."""
    found = LOCKED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    try:
        sealed = base64.urlsafe_b64decode(found[2])
        cipher = AESGCM(keys.key_by_id(found[1]))
        opened = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], f"{found[1]} {column}".encode())
        return msgspec.json.decode(opened)
    except (InvalidTag, ValueError):
        raise LockError(
            f"a value of {column} does not open with the key {found[1]}: it was changed, or moved from another column"
        ) from None


def _as_cell(value: Any) -> str:
    """Write a value as CSV has it: text as it is, nothing for nothing, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
