"""Who a subject is, encrypted under a key of its own, and the numbers that stand for it.

A subject's data key is random and wrapped by one key of the keyring, so that a new master key touches no subject, and
deleting one small row makes one subject unreadable for ever.
"""

import hashlib
import secrets
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.keys.secret import Secret
from warehouse.registry.connect import RegistryError

FORMAT: Final = b"\x01"
NONCE_BYTES: Final = 12
DATA_KEY_BYTES: Final = 16
PSEUDONYM_BYTES: Final = 8


class PurposeKeys(Protocol):
    """What is needed of the keyring."""

    def purpose_key(self, purpose: str) -> bytes:
        """Give the key of a purpose, always the same."""


class Person(msgspec.Struct, frozen=True, gc=False):
    """What of a subject is sealed.

    Attributes:
        customer_id, name, email, country, company, phone: as the newest form says.
        event_id: of the newest form.
        opted_event_id: of the newest form that said something about opt-outs; None when none did.
    """

    customer_id: str
    name: str
    email: str
    country: str | None
    company: str | None
    phone: str | None
    event_id: str
    opted_event_id: str | None


class Seals:
    """Seals and opens people, and gives the numbers that stand for them."""

    def __init__(self, keys: PurposeKeys) -> None:
        """Take the keys; those that are not there yet are made now.

        Raises:
            KeyringError: a key cannot be had.
        """
        self._wrapping = AESGCM(keys.purpose_key("subjects"))
        self._service = hashlib.blake2b(key=keys.purpose_key("service"), digest_size=PSEUDONYM_BYTES)
        self._profile = hashlib.blake2b(key=keys.purpose_key("profile"), digest_size=PSEUDONYM_BYTES)
        self._link = hashlib.blake2b(key=keys.purpose_key("profile_link"), digest_size=PSEUDONYM_BYTES)
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Person)

    def subject(self, customer_id: str) -> int:
        """Give the pseudonym for the purpose `service`: the number of the row."""
        return _number(self._service, customer_id.encode())

    def customer(self, customer_id: str) -> int:
        """Give the pseudonym for the purpose `profile`: the number in the lake."""
        return _number(self._profile, customer_id.encode())

    def link(self, customer: int) -> int:
        """Give the number by which a row is found from a profile pseudonym."""
        return _number(self._link, customer.to_bytes(PSEUDONYM_BYTES, "little", signed=True))

    def new_key(self) -> Secret:
        """Make a data key."""
        return Secret(secrets.token_bytes(DATA_KEY_BYTES))

    def wrap(self, subject: int, key: bytes) -> bytes:
        """Encrypt a data key so that it fits one row only."""
        return _seal(self._wrapping, key, b"key/%d" % subject)

    def unwrap(self, subject: int, wrapped: bytes) -> Secret:
        """Give the data key back.

        Raises:
            RegistryError: it was changed, or belongs to another row.
        """
        return Secret(_open(self._wrapping, wrapped, b"key/%d" % subject))

    def seal(self, subject: int, key: bytes, person: Person) -> bytes:
        """Encrypt a person under the row's data key so that it fits that row only."""
        return _seal(AESGCM(key), self._encoder.encode(person), b"subject/%d" % subject)

    def open(self, subject: int, key: bytes, sealed: bytes) -> Person:
        """Give the person back.

        Raises:
            RegistryError: it was changed, belongs to another row, or a later program wrote it.
        """
        try:
            return self._decoder.decode(_open(AESGCM(key), sealed, b"subject/%d" % subject))
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _unreadable() from None


def _number(keyed: "hashlib.blake2b", content: bytes) -> int:
    digest = keyed.copy()
    digest.update(content)
    return int.from_bytes(digest.digest(), "little", signed=True)


def _seal(cipher: AESGCM, content: bytes, row: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORMAT + nonce + cipher.encrypt(nonce, content, row)


def _open(cipher: AESGCM, sealed: bytes, row: bytes) -> bytes:
    if sealed[:1] != FORMAT:
        raise _unreadable()
    try:
        return cipher.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], row)
    except (InvalidTag, ValueError):
        raise _unreadable() from None


def _unreadable() -> RegistryError:
    return RegistryError(
        "a subject's row in the registry cannot be opened: its bytes were changed, moved from another row, or written by a "
        "later program; put the registry's last good copy back"
    )
