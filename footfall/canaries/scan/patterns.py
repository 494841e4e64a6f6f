"""What to look for when one secret is to be found in whatever form: texts in bytes, and numbers in typed columns.

Well-known hashes of addresses and e-mails tell them to anybody who tries all addresses, or all e-mails that he knows, so
they count as the secret itself. Of md5, sha1 and sha256 the first eight bytes are enough. crc32 and packed addresses have
four bytes, which chance makes in every file; they are looked for as text, and as values of columns.
"""

import hashlib
import zlib
from collections.abc import Iterator
from typing import Final

from footfall.canaries.scan.matcher import DIGITS, LETTERS_AND_DIGITS, WORD, Pattern
from footfall.canaries.secrets import Secret
from footfall.canaries.writings import marks

IPV4_BYTES: Final = 4
_GROUPS_OF_A_SITE: Final = 3
_DIGESTS: Final = ("md5", "sha1", "sha256")


def patterns_of(owner: int, secret: Secret, writing: str, *, is_wide: bool = False) -> Iterator[Pattern]:
    """Give all texts that tell a secret, also in letters of sixteen bits where it was planted so."""
    for mark in marks(secret, writing):
        edge = DIGITS if mark.isdigit() else frozenset[int]()
        yield Pattern(mark, owner, edge, edge)
        if is_wide:
            yield Pattern(b"\0".join(mark[at : at + 1] for at in range(len(mark))), owner)
    if len(secret.octets) == IPV4_BYTES:
        yield from _of_ipv4(owner, secret.octets)
    elif secret.octets:
        groups = [f"{int.from_bytes(secret.octets[at : at + 2]):x}" for at in range(0, 6, 2)]
        for joint in (":", "-", "%3a", "%253a"):
            yield Pattern((joint.join(groups) + joint).encode(), owner)
        yield Pattern(secret.octets[:WORD].hex().encode(), owner)
        yield Pattern(secret.octets.lower(), owner)
    for text in _hashed(secret):
        for name in _DIGESTS:
            digest = hashlib.new(name, text, usedforsecurity=False).digest()[:WORD]
            yield Pattern(digest.lower(), owner)
            yield Pattern(digest.hex().encode(), owner)
        yield from _number_texts(owner, zlib.crc32(text))


def numbers_of(secret: Secret) -> Iterator[int]:
    """Give all whole numbers of 32 and 64 bits, signed and unsigned, that tell an address or an e-mail."""
    raw: list[bytes] = []
    for text in _hashed(secret):
        raw.append(zlib.crc32(text).to_bytes(4))
        for name in _DIGESTS:
            digest = hashlib.new(name, text, usedforsecurity=False).digest()
            raw += [digest[:WORD], digest[-WORD:]]
    if len(secret.octets) == IPV4_BYTES:
        raw.append(secret.octets)
    elif secret.octets:
        raw.append(secret.octets[:WORD])
    for value in raw:
        for signed in (False, True):
            yield int.from_bytes(value, "big", signed=signed)
            yield int.from_bytes(value, "little", signed=signed)


def _hashed(secret: Secret) -> list[bytes]:
    """Give what may have been hashed, also in capitals."""
    return sorted({*secret.hashed, *(text.upper() for text in secret.hashed)})


def _of_ipv4(owner: int, octets: bytes) -> Iterator[Pattern]:
    """Give the forms of an IPv4 address; of the dotted ones the first three numbers, which a masked address has too."""
    for joint in (".", "-", "_", "%2e", "%252e"):
        yield Pattern((joint.join(map(str, octets[:_GROUPS_OF_A_SITE])) + joint).encode(), owner, DIGITS)
        octal = joint.join(f"0{octet:o}" for octet in octets[:_GROUPS_OF_A_SITE]) + joint
        yield Pattern(octal.encode(), owner, DIGITS)
    yield Pattern(b"0x" + octets.hex().encode(), owner)
    for number in (int.from_bytes(octets), int.from_bytes(octets, "little")):
        yield from _number_texts(owner, number)


def _number_texts(owner: int, number: int) -> Iterator[Pattern]:
    """Give a number of 32 bits as people would read it, unless it is so short that chance makes it."""
    if len(str(number)) >= WORD:
        yield Pattern(str(number).encode(), owner, DIGITS, DIGITS)
    yield Pattern(f"{number:08x}".encode(), owner, LETTERS_AND_DIGITS, LETTERS_AND_DIGITS)
