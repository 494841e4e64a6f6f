"""Pseudonyms and event hashes: the same under one key, unequal under two, and those that the published algorithms give."""

import hashlib
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels
from transform.pseudonyms import event_hashes, key_of, keyed_hashes, pseudonyms

KEY = bytes(range(16))
MASK = 2**64 - 1


def siphash(message: bytes, key: bytes) -> int:
    """SipHash-2-4 as its authors describe it, one message at a time."""

    def rotated(word: int, bits: int) -> int:
        return (word << bits | word >> 64 - bits) & MASK

    def mix(v: list[int]) -> None:
        v[0] = (v[0] + v[1]) & MASK
        v[2] = (v[2] + v[3]) & MASK
        v[1] = rotated(v[1], 13) ^ v[0]
        v[3] = rotated(v[3], 16) ^ v[2]
        v[0] = rotated(v[0], 32)
        v[2] = (v[2] + v[1]) & MASK
        v[0] = (v[0] + v[3]) & MASK
        v[1] = rotated(v[1], 17) ^ v[2]
        v[3] = rotated(v[3], 21) ^ v[0]
        v[2] = rotated(v[2], 32)

    first, second = (int.from_bytes(key[at : at + 8], "little") for at in (0, 8))
    v = [
        word ^ part
        for word, part in zip(
            (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573),
            (first, second) * 2,
            strict=True,
        )
    ]
    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) % 256])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        mix(v)
        mix(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        mix(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def test_the_reference_gives_the_published_value() -> None:
    assert siphash(bytes(range(15)), KEY) == 0xA129CA6149BE45E5


@given(st.lists(st.uuids(), max_size=5), st.binary(min_size=16, max_size=16))
def test_event_hashes_are_those_of_the_reference(ids: list[object], key: bytes) -> None:
    texts = [str(one) for one in ids]
    expected = [siphash(bytes.fromhex(text.replace("-", "")), key) for text in texts]
    assert event_hashes(pa.array(texts, pa.string()), key).view(np.uint64).tolist() == expected


def test_capitals_and_slices_make_no_difference_to_an_event() -> None:
    ids = pa.array(["x", "6f8c1f5e-4f0e-4c55-9a0c-0a5b7c3d2e1f", "6F8C1F5E-4F0E-4C55-9A0C-0A5B7C3D2E1F"])
    first, second = event_hashes(ids.slice(1), KEY)
    assert first == second


def test_pseudonyms_are_keyed_hashes_of_the_id() -> None:
    numbers = pseudonyms(pa.array(["c-1", "c-2", "", "C-1"]), KEY)
    expected = [hashlib.blake2b(text, key=KEY, digest_size=8).digest() for text in (b"c-1", b"c-2", b"", b"C-1")]
    assert numbers.tolist() == [int.from_bytes(digest, "little", signed=True) for digest in expected]
    assert len(set(numbers.tolist())) == 4
    assert not set(numbers.tolist()) & set(pseudonyms(pa.array(["c-1", "c-2"]), KEY[::-1]).tolist())
    assert pseudonyms(pa.array([], pa.string()), KEY).tolist() == []


@pytest.mark.parametrize("ready", [True, False])
@given(texts=st.lists(st.text(max_size=150), min_size=1, max_size=8), key=st.binary(min_size=16, max_size=64))
def test_hashes_are_those_of_the_standard_library_with_and_without_kernels(
    *, ready: bool, texts: list[str], key: bytes
) -> None:
    expected = [hashlib.blake2b(text.encode(), key=key, digest_size=16, person=b"for").digest() for text in texts]
    column, last = pa.array(["left out", *texts]).slice(1), len(texts) - 1
    with patch.object(kernels, "is_ready", lambda: ready and kernels.library.is_ready()):
        assert [row.tobytes() for row in keyed_hashes(column, key, 16, b"for")] == expected
        chosen = keyed_hashes(column, key, 16, b"for", rows=np.array([last, 0]))
        assert [row.tobytes() for row in chosen] == [expected[last], expected[0]]
        assert keyed_hashes(column, key, 16, rows=np.array([], np.int64)).shape == (0, 16)


def test_parts_of_a_purpose_have_keys_of_their_own() -> None:
    keys = {key_of("clickstream", KEY), key_of("transaction", KEY), key_of("clickstream", KEY[::-1]), KEY}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {16}


def test_a_key_that_could_be_guessed_is_refused_r23() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes, this one has 3"):
        pseudonyms(pa.array(["c-1"]), b"abc")
