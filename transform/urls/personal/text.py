"""What in a readable text names a person or a machine, and the placeholder that takes its place (R13, R5).

Rules lean to removing: a page name that looks like a telephone number is lost, a telephone number that looks like a page
name would be kept for years. What stays on purpose: runs of up to eight digits (article numbers, dates), dates and times
of twelve and fourteen digits, numbers of books, versions, and short hexadecimal ids as in ``app.3f2a9c1b.js``.
"""

import re
from ipaddress import ip_address
from typing import Final

from transform.urls.personal.numbers import scrub_numbers
from transform.urls.personal.randomness import LENGTH_MIN, without_random

PLACEHOLDERS: Final = frozenset(
    f"{{{word}}}"
    for word in ("address", "card", "email", "encoded", "garbage", "id", "long", "name", "phone", "token", "uuid")
)
"""All that may stand in the place of what was removed."""

_PASSES_MAX: Final = 10
_OCTET_MAX: Final = 255

# "logo@2x.png" is a picture for fine screens, "chart@2.9.4" a version; "jo@163.com" and "jo@[192.0.2.1]" are mail.
_EMAIL: Final = re.compile(
    r"[^\s@/]\s?(?:@|[(\[{<]\s?at\s?[)\]}>])\s?(?!\d(?:\.\d)?x(?![^\W_]))"
    r"(?:[^\W\d_]|\[|\d[\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2}|\d{1,3}(?:\.\d{1,3}){3})",
    re.IGNORECASE,
)
_WEB_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]+){1,4}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}", re.IGNORECASE)
_DEVICE: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![0-9a-f])", re.IGNORECASE)
_IPV4: Final = re.compile(r"(?<!\d)(?<!\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_IPV4_NAMED: Final = re.compile(r"(?<![^\W_])ip([-_])\d{1,3}(?:\1\d{1,3}){3}(?!\d)", re.IGNORECASE)
_IPV4_IN_NAME: Final = re.compile(r"(?<!\d)\d{1,3}([.x_-])\d{1,3}\1\d{1,3}\1\d{1,3}(?!\d)")
_IPV6: Final = re.compile(
    r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3}|(?:\.\d{1,3}){3})?(?![\w:])",
    re.IGNORECASE,
)
_HEXADECIMAL: Final = re.compile(r"(?=\d*[a-f])[0-9a-f]{16,}", re.IGNORECASE)


def scrub_text(text: str) -> str:
    """Replace what is personal in one decoded path segment or query value; text without it comes back unchanged.

    A mail address takes the whole text with it, for what stands beside it is often the name. Text that was scrubbed
    does not change when it is scrubbed again.
    """
    if _EMAIL.search(text):
        return "{email}"
    if len(text) < LENGTH_MIN and not any(sign.isdigit() or sign == ":" for sign in text):
        return text
    for _ in range(_PASSES_MAX):
        scrubbed = _scrubbed_once(text)
        if scrubbed == text:
            return text
        text = scrubbed
    return "{id}"


def holds_address(host: str) -> bool:
    """Tell whether a host name is or holds an IPv4 address, also with hyphens as providers name their customers."""
    return any(_is_ipv4(match[0]) for match in _IPV4_IN_NAME.finditer(host))


def _scrubbed_once(text: str) -> str:
    text = _UUID.sub("{uuid}", _WEB_TOKEN.sub("{token}", text))
    text = _IPV6.sub(_address, _DEVICE.sub("{address}", text))
    text = _IPV4.sub(_address, _IPV4_NAMED.sub(_address, text))
    return without_random(scrub_numbers(_HEXADECIMAL.sub("{id}", text)))


def _address(match: re.Match[str]) -> str:
    """Judge what is written like an address; ``12:30:45`` and ``1.2.3.999`` are none."""
    if ":" in match[0]:
        try:
            ip_address(match[0])
        except ValueError:
            return match[0]
        return "{address}"
    return "{address}" if _is_ipv4(match[0]) else match[0]


def _is_ipv4(text: str) -> bool:
    return all(int(number) <= _OCTET_MAX for number in re.findall(r"\d+", text))
