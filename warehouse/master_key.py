"""The master key: it wraps the keys of the keyring, and nothing else is ever encrypted with it.

It lives outside the warehouse, in a private file or in a variable of the environment, so that a copied registry opens nothing.
"""

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path
from typing import Final, NoReturn, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policy.errors import FootfallError
from warehouse.keys.secret import Secret

MASTER_BYTES: Final = 32
NONCE_BYTES: Final = 12
FORMAT: Final = b"\x01"
DRAFT: Final = ".new"


class KeyringError(FootfallError):
    """A key cannot be had: the master key is missing, open to others, malformed, or another than the registry's."""


class WrongMasterError(KeyringError):
    """What was to be opened was wrapped by another master key, or was changed."""


class KeyWrapper(Protocol):
    """What the keyring needs of a master key; a key management service can stand here."""

    def wrap(self, key: bytes, key_id: str) -> bytes:
        """Encrypt `key` so that only this master opens it, and only under the name `key_id`."""

    def unwrap(self, wrapped: bytes, key_id: str) -> bytes:
        """Give back what `wrap` was given, or raise `WrongMasterError` when this master did not wrap it."""


class MasterKey:
    """A master key of 32 bytes: AES-GCM with the wrapped key's name as associated data. Printing it shows nothing."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != MASTER_BYTES:
            raise KeyringError(f"a master key has {MASTER_BYTES} bytes; this one has {len(key)}")
        self._cipher = AESGCM(key)

    @classmethod
    def from_file(cls, path: Path, *, create: bool = False) -> Self:
        """Read the key from a file that only its owner may read; with `create`, make the file when it is absent.

        Raises:
            KeyringError: the file is absent, cannot be read, has another size, or others may read it.
        """
        try:
            if create and not path.exists():
                create_master_file(path)
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                mode = os.fstat(handle).st_mode
                key = Secret(file.read(MASTER_BYTES + 1) if stat.S_ISREG(mode) else b"")
        except FileNotFoundError:
            raise KeyringError(
                f"there is no master key at {path}; name the right file, or let a new one be made"
            ) from None
        except OSError as error:
            raise KeyringError(f"the master key {path} cannot be read: {error.strerror}") from None
        if mode & 0o077:
            raise KeyringError(f"the master key {path} is open to others (mode {mode & 0o777:o}); chmod 600 {path}")
        if len(key) != MASTER_BYTES:
            size = "more" if len(key) > MASTER_BYTES else str(len(key))
            raise KeyringError(f"the master key {path} must be a file of {MASTER_BYTES} bytes; it has {size}")
        return cls(key)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the key from 64 hexadecimal digits or from base64 (also its URL alphabet); blanks around are allowed.

        Raises:
            KeyringError: the text is neither; it is not shown.
        """
        text = text.strip()
        wanted = f"the master key must be {2 * MASTER_BYTES} hexadecimal digits or {MASTER_BYTES} bytes in base64"
        try:
            if len(text) == 2 * MASTER_BYTES:
                return cls(Secret.fromhex(text))
            padded = text.translate(str.maketrans("-_", "+/")).rstrip("=")
            key = Secret(base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True))
        except (ValueError, binascii.Error):
            raise KeyringError(f"{wanted}; the {len(text)} characters given are neither") from None
        if len(key) != MASTER_BYTES:
            raise KeyringError(f"{wanted}; the {len(text)} characters given are neither")
        return cls(key)

    def wrap(self, key: bytes, key_id: str) -> bytes:
        """Encrypt a key under its name: format (1 byte), nonce (12), ciphertext and tag (16 more than the key)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return FORMAT + nonce + self._cipher.encrypt(nonce, key, key_id.encode())

    def unwrap(self, wrapped: bytes, key_id: str) -> bytes:
        """Give the key back.

        Raises:
            WrongMasterError: another master wrapped it, it was changed, or it was wrapped under another name.
            KeyringError: a later program wrapped it.
        """
        if wrapped[:1] != FORMAT:
            raise KeyringError(
                f"the key {key_id} was wrapped in a way that this program does not know; install a later one"
            )
        nonce, sealed = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, key_id.encode())
        except (InvalidTag, ValueError):
            raise WrongMasterError(
                f"the master key does not open this registry (tried the key {key_id}); give the one that was used before",
            ) from None

    def __repr__(self) -> str:
        return "MasterKey(…)"

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a master key is not pickled: it would lie in the open wherever the pickle goes")


def create_master_file(path: Path) -> None:
    """Make a file with a new random key, whole or not at all; when another process was first, its file stays.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}{DRAFT}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(MASTER_BYTES))
            file.flush()
            os.fsync(handle)
        # A link, unlike a rename, never replaces the key of a process that was a moment faster.
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        sync_folder(path.parent)
    finally:
        draft.unlink()


def sync_folder(path: Path) -> None:
    """Make new names in a folder outlast a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
