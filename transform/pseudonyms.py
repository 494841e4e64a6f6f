"""Numbers in the place of ids: the same id under the same key gives the same number, and nobody without the key can tell whose.

Each purpose has a key of its own, so that tables of different purposes cannot be joined by accident (R8, R23).
"""

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import kernels
from kernels.events import uuid_hashes
from kernels.hashes import digests
from transform.columns import bytes_and_bounds

KEY_BYTES_MIN: Final = 16
"""Fewer could be guessed; blake2b itself refuses more than 64."""
PSEUDONYM_BYTES: Final = 8

_BLOCK_ROWS: Final = 8192  # the temporaries then stay in the cache
_UUID_LENGTH: Final = 36
_DIGIT_PLACES: Final = np.array([place for place in range(_UUID_LENGTH) if place not in {8, 13, 18, 23}])
_NIBBLES: Final = np.zeros(256, np.uint8)
_NIBBLES[np.frombuffer(b"0123456789abcdefABCDEF", np.uint8)] = [*range(16), *range(10, 16)]


def pseudonyms(distinct: pa.StringArray, key: bytes) -> npt.NDArray[np.int64]:
    """Give each id its pseudonym, a keyed blake2b hash of 64 bits: one number an entry.

    Among a million ids, any two share a number with a chance of 3 in 100 million.

    Args:
        distinct: ids without null, best each once; every letter counts, capital or small.
        key: the purpose's secret key of 16 to 64 bytes.

    Raises:
        ValueError: the key is too short.
    """
    if len(key) < KEY_BYTES_MIN:
        raise ValueError(f"a pseudonym key has at least {KEY_BYTES_MIN} bytes, this one has {len(key)}")
    return keyed_hashes(distinct, key, PSEUDONYM_BYTES).view("<i8").reshape(-1).astype(np.int64, copy=False)


def keyed_hashes(
    texts: pa.StringArray, key: bytes, size: int, person: bytes = b"", *, rows: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.uint8]:
    """Hash each text by blake2b under one key: one row of `size` bytes a text, 0.1 µs each with kernels, else 0.5 µs.

    Args:
        texts: without null, best each once.
        key: up to 64 bytes.
        size: how many bytes a hash has.
        person: what the hashes are for, up to 16 bytes; equal texts of two purposes have unequal hashes.
        rows: which of the texts to hash; all of them when it is not given.
    """
    if kernels.is_ready():
        data, bounds = bytes_and_bounds(texts)
        starts, ends = bounds[:-1], bounds[1:]
        chosen = (starts, ends) if rows is None else (starts[rows], ends[rows])
        return digests(data, *chosen, key=key, size=size, person=person)
    keyed = hashlib.blake2b(key=key, digest_size=size, person=person)
    found = []
    for text in (texts if rows is None else texts.take(pa.array(rows))).cast(pa.binary()).to_pylist():
        digest = keyed.copy()
        digest.update(text)
        found.append(digest.digest())
    return np.frombuffer(b"".join(found), np.uint8).reshape(-1, size)


def event_hashes(ids: pa.StringArray, key: bytes) -> npt.NDArray[np.int64]:
    """Give each event's id its hash, SipHash-2-4 of the 16 bytes that a UUID stands for: one number a row.

    Args:
        ids: UUIDs of 36 characters without null; capital and small letters are the same.
        key: a secret key of 16 bytes.
    """
    first, second = np.frombuffer(key, "<u8", KEY_BYTES_MIN // 8).tolist()
    if kernels.is_ready():
        return uuid_hashes(*bytes_and_bounds(ids), (first, second))
    hashes = np.empty(len(ids), np.uint64)
    for start in range(0, len(ids), _BLOCK_ROWS):
        hashes[start : start + _BLOCK_ROWS] = _siphash(_uuid_words(ids.slice(start, _BLOCK_ROWS)), first, second)
    return hashes.view(np.int64)


def key_of(part: str, key: bytes) -> bytes:
    """Derive the key of one part of a purpose, 16 bytes, so that equal ids of two parts have unequal numbers."""
    return hashlib.blake2b(part.encode(), key=key, digest_size=KEY_BYTES_MIN, person=b"part").digest()


def _uuid_words(ids: pa.StringArray) -> npt.NDArray[np.uint64]:
    """Read UUIDs, one at least, as two words each."""
    content = pc.binary_join(pa.ListArray.from_arrays([0, len(ids)], ids), "")[0].as_buffer()
    digits = _NIBBLES[np.frombuffer(content, np.uint8).reshape(-1, _UUID_LENGTH)[:, _DIGIT_PLACES]]
    return np.ascontiguousarray(digits[:, 0::2] << np.uint8(4) | digits[:, 1::2]).view("<u8")


def _siphash(words: npt.NDArray[np.uint64], first: int, second: int) -> npt.NDArray[np.uint64]:
    """Hash messages of two words, a row each (J.-P. Aumasson and D. J. Bernstein, 2012)."""
    starts = (
        0x736F6D6570736575 ^ first,
        0x646F72616E646F6D ^ second,
        0x6C7967656E657261 ^ first,
        0x7465646279746573 ^ second,
    )
    state = [np.full(len(words), start, np.uint64) for start in starts]
    length = np.full(len(words), 16 << 56, np.uint64)
    for word in (words[:, 0], words[:, 1], length):
        state[3] = state[3] ^ word
        _round(state)
        _round(state)
        state[0] = state[0] ^ word
    state[2] = state[2] ^ np.uint64(0xFF)
    for _ in range(4):
        _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _round(state: list[npt.NDArray[np.uint64]]) -> None:
    v0, v1, v2, v3 = state
    v0 = v0 + v1
    v1 = _rotated(v1, 13) ^ v0
    v0 = _rotated(v0, 32)
    v2 = v2 + v3
    v3 = _rotated(v3, 16) ^ v2
    v0 = v0 + v3
    v3 = _rotated(v3, 21) ^ v0
    v2 = v2 + v1
    v1 = _rotated(v1, 17) ^ v2
    v2 = _rotated(v2, 32)
    state[:] = v0, v1, v2, v3


def _rotated(words: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.uint64]:
    return words << np.uint64(bits) | words >> np.uint64(64 - bits)
