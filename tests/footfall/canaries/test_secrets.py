"""Secrets are found however they are written, and as hashes and numbers that anybody can compute again."""

import hashlib
import ipaddress
import zlib

import numpy as np
import pytest

from footfall.canaries.places import PLACES
from footfall.canaries.scan import Matcher, Pattern, numbers_of, patterns_of
from footfall.canaries.secrets import ADDRESSES, KINDS, MAKERS, Secret, draw
from footfall.canaries.writings import JSON_WRITINGS
from transform.urls.personal.numbers import is_luhn

NUMBERED = ("address_v4", "address_mapped", "address_decimal", "address_hex", "address_octal")


def secret_of(kind: str) -> Secret:
    return draw(np.random.default_rng(sorted(KINDS).index(kind)), kind)


def is_found(secret: Secret, text: bytes, writing: str = "plain") -> bool:
    return Matcher(list(patterns_of(7, secret, writing))).owners(text) == {7}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_secret_is_found_in_every_writing(kind: str) -> None:
    secret = secret_of(kind)
    other = draw(np.random.default_rng(99), kind)
    for writing, write in JSON_WRITINGS.items():
        if kind in ADDRESSES and writing in {"each_letter", "each_letter_double", "base64", "escaped"}:
            continue  # who stores that has not read it, and what reads it finds the address
        assert is_found(secret, f'x"{write(secret.text)}"y'.encode(), writing), writing
        assert not is_found(secret, f'x"{write(other.text)}"y'.encode(), writing), writing


@pytest.mark.parametrize("kind", ["address_v4", "address_v6", "email"])
@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_hashes_that_anybody_can_compute(kind: str, name: str) -> None:
    secret = secret_of(kind)
    for text in (secret.text.encode(), secret.text.upper().encode(), *([secret.octets] if secret.octets else [])):
        digest = hashlib.new(name, text).digest()
        assert is_found(secret, b"\0\1" + digest + b"\2")
        assert is_found(secret, b"(" + digest.hex().encode() + b")")
        assert is_found(secret, b"(" + digest.hex().upper().encode() + b")")
        assert is_found(secret, b"cut to 64 bits: " + digest.hex()[:16].encode())
        assert int.from_bytes(digest[:8], "big", signed=True) in set(numbers_of(secret))
        assert int.from_bytes(digest[:8], "little", signed=True) in set(numbers_of(secret))


@pytest.mark.parametrize("kind", NUMBERED)
def test_every_form_of_an_address(kind: str) -> None:
    secret = secret_of(kind)
    address = ipaddress.IPv4Address(secret.octets)
    number = int(address)
    masked = str(ipaddress.IPv4Address(number & 0xFFFFFF00))
    texts = [str(address), masked, f"{masked}/24", str(number), hex(number), str(address).replace(".", "-")]
    texts += [f"::ffff:{address}", secret.text, str(zlib.crc32(str(address).encode()))]
    for text in texts:
        assert is_found(secret, f"[{text}]".encode()), text
    assert {number, number - 2**32, int.from_bytes(secret.octets, "little")} <= set(numbers_of(secret))
    assert zlib.crc32(str(address).encode()) in set(numbers_of(secret))


@pytest.mark.parametrize("kind", ["address_v6", "address_v6_long"])
def test_every_form_of_a_long_address(kind: str) -> None:
    secret = secret_of(kind)
    address = ipaddress.IPv6Address(secret.octets)
    network = ipaddress.IPv6Network((address, 48), strict=False)
    for text in (
        str(address),
        address.exploded,
        str(address).upper(),
        address.packed.hex(),
        str(network.network_address),
    ):
        is_masked_away = text == str(network.network_address)
        assert is_found(secret, f"[{text}]".encode()) is not is_masked_away or str(address)[:15] in text, text
    assert is_found(secret, b"\0" + secret.octets + b"\0")


def test_cards_would_pass_for_cards() -> None:
    assert all(
        is_luhn(secret_of(kind).text.translate({32: None, 45: None})) for kind in ("card", "card_blanks", "card_dashes")
    )


def test_every_kind_is_planted_somewhere_and_places_have_names_of_their_own() -> None:
    assert set(MAKERS) == {kind for place in PLACES for kind in place.kinds}
    assert len({place.name for place in PLACES}) == len(PLACES) >= 40


def test_patterns_are_long_enough_for_chance_not_to_make_them() -> None:
    patterns: list[Pattern] = [
        pattern
        for kind in sorted(KINDS)
        for writing in JSON_WRITINGS
        for pattern in patterns_of(0, secret_of(kind), writing)
    ]
    assert min(len(pattern.text) for pattern in patterns) >= 8
