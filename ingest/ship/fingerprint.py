"""Which file is this? Recognised by its beginning, so that a renamed, grown or repacked file is still the same file."""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from ingest.ship.logfile import HEAD_BYTES

SHORT_HEAD_BYTES: Final = 4096
FINGERPRINT_BYTES: Final = 8


class KnownFile(msgspec.Struct):
    """What `ship` remembers of a file.

    Attributes:
        fingerprint: the file's identity, an unsigned 64-bit number.
        head_bytes: how many of its first bytes the identity was made of.
        seen_bytes: how many first bytes `seen` covers: they tell files with equal heads apart.
        seen: keyed hash of the first `seen_bytes`.
        position: where the first line that Kafka has not acknowledged begins.
        inside_line: the last line sent had no line feed, so the file may go on in the middle of it.
        partition: the partition that all lines of the file go to.
        topic_id: the topic that the positions belong to; another topic starts the file anew.
        lines: lines acknowledged so far.
        source: what its lines are; another one is a mistake, for a file has lines of one kind.
    """

    fingerprint: int
    head_bytes: int
    seen_bytes: int
    seen: int
    position: int = 0
    inside_line: bool = False
    partition: int = -1
    topic_id: str = ""
    lines: int = 0
    source: str = ""


def identify(head: bytes, known: Iterable[KnownFile], key: bytes) -> KnownFile:
    """Find the file that begins with `head` among those known, or make its first entry.

    Args:
        head: the first 64 KiB of the decompressed stream, or all of it when it is shorter.
        known: what was shipped before.
        key: the import key; without it nobody can tell a file from its fingerprint.
    """
    taken = set()
    for file in known:
        taken.add(file.fingerprint)
        if not file.seen_bytes:
            continue  # every file begins like an empty one
        same = min(file.seen_bytes, len(head))
        if same == file.seen_bytes:
            if fingerprint(head[:same], key) == file.seen:
                return file
        elif len(head) >= file.head_bytes and fingerprint(head[: file.head_bytes], key) == file.fingerprint:
            return file  # shorter than what was sent before: all of it is there already
    size = min(len(head), SHORT_HEAD_BYTES)
    if fingerprint(head[:size], key) in taken:  # another file has the same first bytes
        size = min(len(head), HEAD_BYTES)
    file = KnownFile(fingerprint(head[:size], key), size, 0, 0)
    remember(file, head, key)
    return file


def remember(file: KnownFile, head: bytes, key: bytes) -> None:
    """Note how much of the file's beginning has been seen, so that it is recognised when it has grown."""
    if len(head) >= file.seen_bytes:
        file.seen_bytes = len(head)
        file.seen = fingerprint(head, key)


def fingerprint(head: bytes, key: bytes) -> int:
    """Keyed blake2b of some first bytes and their number: an unsigned 64-bit number."""
    digest = hashlib.blake2b(len(head).to_bytes(4, "big") + head, key=key, digest_size=FINGERPRINT_BYTES)
    return int.from_bytes(digest.digest(), "big")
