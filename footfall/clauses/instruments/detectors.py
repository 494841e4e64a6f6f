"""What must stand nowhere, written down a second time: none of these patterns is the one that the pipeline removes with."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from transform.urls.personal import PLACEHOLDERS

Detector = Callable[[str], bool]

_IPV4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
_IPV6: Final = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_EMAIL: Final = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.[A-Za-z]{2,}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_JWT: Final = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}")
_CARD: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_LONG: Final = re.compile(r"(?<![0-9a-fA-F])(?:\d{15,}|(?=\d*[a-f])[0-9a-f]{24,})(?![0-9a-fA-F])")
_COOKIE: Final = re.compile(
    r"(?i)\b(?:set-)?cookie\s*[:=]\s*[^{\s]|\b(?:jsessionid|phpsessid|asp\.net_sessionid|sid)\s*=\s*[^{\s]"
)
_CREDENTIAL: Final = re.compile(
    r"(?i)\b(?:password|passwd|pwd|passphrase|secret|api_?key|access_token|auth_token|token)\s*[=:]\s*[^{\s&;,\"'=]"
    r"|\bauthorization\s*[:=]\s*[^{\s]|\b(?:bearer|basic)\s+[\w+/=-]{8,}"
)
_OWN_ADDRESSES: Final = ("127.", "0.0.0.0")  # noqa: S104 - of this machine, not of a visitor
_OCTET_MAX: Final = 255
_BY_CHANCE_LENGTH: Final = 8
_COLONS_MIN: Final = 3


def has_ipv4(text: str) -> bool:
    """Tell whether a text has an IPv4 address in it that is not this machine's own."""
    return any(
        all(int(octet) <= _OCTET_MAX for octet in match[0].split(".")) and not match[0].startswith(_OWN_ADDRESSES)
        for match in _IPV4.finditer(text)
    )


def has_ipv6(text: str) -> bool:
    """Tell whether a text has an IPv6 address in it; times of day and names with colons are none."""
    return any(_is_ipv6(match[0]) for match in _IPV6.finditer(text))


def has_ipv6_among_bytes(text: str) -> bool:
    """Tell the same of bytes that are no text, where a few signs stand together by chance: ``a::`` in a sealed row is nobody's."""
    return any(len(match[0]) >= _BY_CHANCE_LENGTH and _is_ipv6(match[0]) for match in _IPV6.finditer(text))


def _is_ipv6(text: str) -> bool:
    if "::" not in text and text.count(":") <= _COLONS_MIN:
        return False
    try:
        return int(IPv6Address(text)) > 1
    except AddressValueError:
        return False


def has_card(text: str) -> bool:
    """Tell whether a text has a payment card's number in it."""
    return any(_checks(re.sub(r"\D", "", match[0])) for match in _CARD.finditer(text))


def _checks(digits: str) -> bool:
    """Do Luhn's sum."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - one digit
    return total % 10 == 0


def _searched(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None


ADDRESSES_AMONG_BYTES: Final[Mapping[str, Detector]] = {
    "an IPv4 address": has_ipv4,
    "an IPv6 address": has_ipv6_among_bytes,
}
ADDRESSES: Final[Mapping[str, Detector]] = {"an IPv4 address": has_ipv4, "an IPv6 address": has_ipv6}
CREDENTIALS: Final[Mapping[str, Detector]] = {
    "a credential": partial(_searched, _CREDENTIAL),
    "a signed token": partial(_searched, _JWT),
    "a card number": has_card,
}
NAMED_CREDENTIALS: Final[Mapping[str, Detector]] = {
    name: CREDENTIALS[name] for name in ("a credential", "a signed token")
}
"""For files that are full of numbers, of which one in ten could be a card's."""
COOKIES: Final[Mapping[str, Detector]] = {"a cookie": partial(_searched, _COOKIE)}
PEOPLE: Final[Mapping[str, Detector]] = {
    **ADDRESSES,
    **CREDENTIALS,
    "an e-mail address": partial(_searched, _EMAIL),
    "a UUID": partial(_searched, _UUID),
    "a long id": partial(_searched, _LONG),
}


def found_in(text: str, detectors: Mapping[str, Detector]) -> Iterator[str]:
    """Name what a text has in it; the text itself is never repeated."""
    return (name for name, detects in detectors.items() if detects(text))


def with_placeholders(text: str, instead: str) -> str:
    """Write a text with a word in the place of each of the pipeline's placeholders."""
    for placeholder in PLACEHOLDERS:
        text = text.replace(placeholder, instead)
    return text
