"""BLAKE2b of many texts: for every text, key, purpose and size it is what `hashlib` gives."""

import hashlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernels import is_ready
from kernels.hashes import digests
from kernels.library import KernelError

pytestmark = pytest.mark.skipif(not is_ready(), reason="there is no compiled library")

LENGTHS = st.integers(0, 400) | st.sampled_from([0, 1, 7, 8, 9, 127, 128, 129, 255, 256, 257, 384])
TEXTS = LENGTHS.flatmap(lambda length: st.binary(min_size=length, max_size=length))


def hashed(texts: list[bytes], key: bytes, size: int, person: bytes = b"") -> list[bytes]:
    ends = np.cumsum([0, *map(len, texts)]).astype(np.int32)
    data = np.frombuffer(b"".join(texts), np.uint8)
    return [row.tobytes() for row in digests(data, ends[:-1], ends[1:], key=key, size=size, person=person)]


@given(st.lists(TEXTS, max_size=6), st.binary(max_size=64), st.integers(1, 64) | st.just(8), st.binary(max_size=16))
@example([b""], b"", 64, b"")
@example([b"", bytes(128)], bytes(64), 64, bytes(16))
def test_every_hash_is_the_standard_library_s(texts: list[bytes], key: bytes, size: int, person: bytes) -> None:
    expected = [hashlib.blake2b(text, key=key, digest_size=size, person=person).digest() for text in texts]
    assert hashed(texts, key, size, person) == expected


def test_every_length_of_text_and_key() -> None:
    texts = [bytes(at % 251 for at in range(length)) for length in range(401)]
    for length in range(65):
        key = bytes(range(length))
        expected = [hashlib.blake2b(text, key=key, digest_size=16, person=b"agent").digest() for text in texts]
        assert hashed(texts, key, 16, b"agent") == expected, length


def sequence(length: int, seed: int) -> bytes:
    """Give the input of RFC 7693's own test (appendix E): a Fibonacci generator."""
    first, second, found = 0xDEAD4BAD * seed & 0xFFFF_FFFF, 1, bytearray()
    for _ in range(length):
        first, second = second, (first + second) & 0xFFFF_FFFF
        found.append(second >> 24)
    return bytes(found)


def test_the_grand_hash_of_the_rfc_comes_out() -> None:
    together = b""
    for size in (20, 32, 48, 64):
        for length in (0, 3, 128, 129, 255, 1024):
            text = sequence(length, length)
            together += hashed([text], b"", size)[0] + hashed([text], sequence(size, size), size)[0]
    assert hashed([together], b"", 32)[0].hex() == "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475"


def test_the_authors_first_keyed_hash_comes_out() -> None:
    assert hashed([b""], bytes(range(64)), 64)[0].hex() == (
        "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
        "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568"
    )


def test_texts_may_share_bytes_and_stand_in_any_order() -> None:
    data = np.frombuffer(b"abcdef", np.uint8)
    starts, ends = np.array([3, 0, 1, 6], np.int32), np.array([6, 6, 1, 6], np.int32)
    found = digests(data, starts, ends, key=b"k", size=8)
    assert [row.tobytes() for row in found] == hashed([b"def", b"abcdef", b"", b""], b"k", 8)


@pytest.mark.parametrize(("key", "person", "size"), [(65, 0, 8), (16, 17, 8), (16, 0, 0), (16, 0, 65)])
def test_what_no_blake2b_has_is_refused_and_the_key_is_not_told(key: int, person: int, size: int) -> None:
    with pytest.raises(KernelError) as caught:
        hashed([b"text"], b"s" * key, size, b"p" * person)
    assert "ss" not in str(caught.value)


def test_a_text_outside_the_bytes_is_an_error() -> None:
    with pytest.raises(KernelError, match="FOOTFALL_KERNELS=off"):
        digests(np.zeros(4, np.uint8), np.array([0], np.int32), np.array([5], np.int32), key=b"k", size=8)
    with pytest.raises(KernelError, match="FOOTFALL_KERNELS=off"):
        digests(np.zeros(4, np.uint8), np.array([-1], np.int32), np.array([2], np.int32), key=b"k", size=8)
