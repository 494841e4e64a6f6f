"""Parquet modular encryption: the personal columns of a file under a key of one purpose and month (R47).

The footer stays plain and is signed: every engine reads the other columns natively, and none reads the personal ones, nor
their statistics, without the key. A file carries its own random keys, wrapped by the purpose-and-month key, and that key's
id stands in the clear in the file's schema (`KEY_ID`). Whoever reads looks there first, for pyarrow may abort or hang on
an encrypted column whose key is missing: so every key is fetched, and proved on one file, before a column is touched.
"""

import atexit
import base64
import gc
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePath
from threading import Event
from typing import Any, Final, Protocol
from weakref import WeakSet, ref

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policy.errors import FootfallError
from policy.model import Table
from warehouse.lake.errors import LakeError

KEY_ID: Final = b"footfall.key_id"
NONCE_BYTES: Final = 12
DATA_KEY_BITS: Final = 128
PATIENCE_S: Final = 1.0
STEP_S: Final = 0.005
REMEMBERED: Final = timedelta(days=36500)
"""As long as the factory lives."""


class FileKeys(Protocol):
    """Where the keys of files come from; the keyring is one."""

    def file_key(self, purpose: str, month: str) -> tuple[str, bytes]:
        """Give the id and the 16 bytes of the newest key of a purpose and month (2026-11); made on first use."""

    def key_by_id(self, key_id: str) -> bytes:
        """Give the key of this id, or raise a `FootfallError` of one line when it is destroyed or unknown."""

    def destroyed(self, purpose: str) -> Mapping[str, date]:
        """Give the ids of the purpose's keys that were destroyed, each with the day of that."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """How a table's files are encrypted.

    Attributes:
        columns: the personal columns, whole: of a nested one every leaf.
        purpose: the first purpose of the first of them, whose keys are taken.
        keys: where these come from.
    """

    columns: tuple[str, ...]
    purpose: str
    keys: FileKeys

    @classmethod
    def of(cls, table: Table, name: str, keys: FileKeys | None) -> "Sealing | None":
        """Give the sealing of a table; None where nothing in it is personal.

        Raises:
            LakeError: the table has personal columns, and there are no keys.
        """
        personal = [column for column in table.columns if column.personal]
        if not personal:
            return None
        columns = tuple(column.name for column in personal)
        if keys is None:
            raise LakeError(
                f"{name}: {', '.join(columns)} may only be stored and read with keys; open the lake with a keyring"
            )
        return cls(columns, personal[0].purposes[0], keys)

    def seal(self, rows: pa.Table, day: date) -> tuple[pa.Table, Any]:
        """Give the rows with the key's id in their schema, and the properties with which to write them as one file."""
        key_id, key = self.keys.file_key(self.purpose, f"{day:%Y-%m}")
        factory = pe.CryptoFactory(_Opener({key_id: key}))
        configuration = pe.EncryptionConfiguration(
            footer_key=key_id,
            column_keys={key_id: list(self.columns)},
            plaintext_footer=True,
            internal_key_material=True,
            data_key_length_bits=DATA_KEY_BITS,
        )
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), configuration)
        return rows.replace_schema_metadata({**(rows.schema.metadata or {}), KEY_ID: key_id.encode()}), properties

    def lost(self, files: Iterable[str]) -> frozenset[str]:
        """Name those of the files whose key was destroyed; nobody will ever read their personal columns (R48)."""
        gone = self.keys.destroyed(self.purpose)
        return frozenset(file for file in files if key_id_of(file) in gone) if gone else frozenset()


def unlock(table: str, files: Sequence[str], keys: FileKeys) -> pe.CryptoFactory:
    """Fetch the keys of all these files and open each once; only then may its columns be touched.

    To open a file checks its footer's signature and leaves its own keys in the factory, so that nobody who reads has to ask
    Python for them: DuckDB holds Python's lock while pyarrow begins to read for it, and both would wait for ever.

    Returns:
        What reads these files, and those of no other reader: it remembers keys, and would lend them.

    Raises:
        LakeError: a key is destroyed, unknown or another one, or a file names none; how many files it concerns.
    """
    locked: dict[str, list[str]] = {}
    for file in files:
        locked.setdefault(key_id_of(file), []).append(file)
    factory = pe.CryptoFactory(_Opener({key_id: _key(table, key_id, locked, keys) for key_id in sorted(locked)}))
    for key_id, ours in locked.items():
        for file in ours:
            try:
                properties = factory.file_decryption_properties(pe.KmsConnectionConfig(), _remembering())
                pq.ParquetFile(file, decryption_properties=properties, pre_buffer=False).close()
            except (InvalidTag, OSError, pa.ArrowException) as error:
                raise LakeError(
                    f"{table}: {len(ours)} of {len(files)} files do not open with the key {key_id}. "
                    "Is the registry that of another warehouse, or was a file changed?"
                ) from error
    return factory


def file_format(factory: pe.CryptoFactory | None, read: ds.ParquetReadOptions | None = None) -> ds.ParquetFileFormat:
    """Give the format that reads files with what `unlock` gave, or only plain columns without it."""
    configuration = ds.ParquetDecryptionConfig(factory, pe.KmsConnectionConfig(), _remembering()) if factory else None
    options = ds.ParquetFragmentScanOptions(decryption_config=configuration)
    return ds.ParquetFileFormat(read_options=read, default_fragment_scan_options=options)


def key_id_of(file: str) -> str:
    """Give the id of the key of a file's personal columns; empty where it names none.

    Raises:
        LakeError: the file is gone or damaged.
    """
    try:
        return (pq.read_schema(file).metadata or {}).get(KEY_ID, b"").decode()
    except (OSError, pa.ArrowException) as error:
        name = PurePath(file).name
        raise LakeError(f"the file {name} of the lake is gone or damaged; put the last good copy of it back") from error


def _key(table: str, key_id: str, locked: Mapping[str, Sequence[str]], keys: FileKeys) -> bytes:
    concerns = f"{table}: {len(locked[key_id])} of {sum(map(len, locked.values()))} files"
    if not key_id:
        raise LakeError(f"{concerns} name no key for their personal columns. Did another program write them?")
    try:
        return keys.key_by_id(key_id)
    except FootfallError as error:
        raise LakeError(f"{concerns} are locked by the key {key_id}: {error}") from error


def _remembering() -> pe.DecryptionConfiguration:
    return pe.DecryptionConfiguration(cache_lifetime=REMEMBERED)


class _Opener:
    """The keys of one factory; gives it the client that wraps and unwraps with them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self.keys = dict(keys)
        _OPENERS.add(self)

    def __call__(self, _: Any) -> "_Client":
        try:
            client = _IDLE.pop()
        except IndexError:
            client = _Client()
        client.serve(self)
        return client


class _Client(pe.KmsClient):  # type: ignore[misc] # pyarrow ships no types
    """Wraps the random keys of files with AES-GCM; the key's id is authenticated with them.

    pyarrow never lets go of a client, so it holds no keys itself, and serves the next opener when its own is gone.
    """

    def serve(self, opener: _Opener) -> None:
        """Work with the keys of `opener` as long as that lives."""
        self._opener = ref(opener, lambda _: _IDLE.append(self))

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        """Give the wrapped key as text."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher(master_key_identifier).encrypt(nonce, key_bytes, master_key_identifier.encode())
        return base64.b64encode(nonce + sealed)

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        """Give the key back, or raise InvalidTag."""
        sealed = base64.b64decode(wrapped_key)
        cipher = self._cipher(master_key_identifier)
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], master_key_identifier.encode())

    def _cipher(self, key_id: str) -> AESGCM:
        opener = self._opener()
        if opener is None or key_id not in opener.keys:
            raise InvalidTag
        return AESGCM(opener.keys[key_id])


_IDLE: Final[list[_Client]] = []
_OPENERS: Final[WeakSet[_Opener]] = WeakSet()
"""What pyarrow's threads may still hold of a reader; the last that lets go of one takes Python's lock."""


@atexit.register
def _let_go() -> None:
    """Wait until pyarrow's threads are done with the keys; one that asks for Python's lock while Python ends aborts it.

    After a question that was stopped or limited they read ahead a little longer than anybody listens.
    """
    gc.collect()
    for _ in range(int(PATIENCE_S / STEP_S)):
        if not _OPENERS:
            return
        Event().wait(STEP_S)
