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
    r"[^\s@/]\s?(?:@+|[(\[{<]\s?at\s?[)\]}>])\s?(?!\d(?:\.\d)?x(?![^\W_]))"
    r"(?:[^\W\d_]|\[|\d[\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2}|\d{1,3}(?:\.\d{1,3}){3})",
    re.IGNORECASE,
)
_WEB_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]+){1,4}")
# Keys of well-known services, by the form that their makers gave them so that they can be found.
_SERVICE_KEY: Final = re.compile(
    r"(?<![^\W_])(?:[spr]k_(?:live|test)_|gh[opsu]_|glpat-|xox[abprs]-|AKIA)[A-Za-z0-9_-]{12,}", re.IGNORECASE
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}", re.IGNORECASE)
_DEVICE: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![0-9a-f])", re.IGNORECASE)
_IPV4: Final = re.compile(r"(?<!\d)(?<!\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_IPV4_NAMED: Final = re.compile(r"(?<![^\W_])ip([-_])\d{1,3}(?:\1\d{1,3}){3}(?!\d)", re.IGNORECASE)
_IPV4_JOINED: Final = re.compile(r"(?<!\d)(?<!\d[-_])[1-9]\d{0,2}([-_])\d{1,3}\1\d{1,3}\1\d{1,3}(?!\1?\d)")
_IPV4_HEXADECIMAL: Final = re.compile(r"(?<![^\W_])0x[0-9a-f]{8}(?![^\W_])", re.IGNORECASE)
# With words before it as in "ip:2001:db8::1", but not inside one: "Data::Dumper" is no address.
_IPV6: Final = re.compile(
    r"(?<![^\W_])(?<!:)(?P<words>(?:[a-z]+:){0,3}?)"
    r"(?P<address>[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3}|(?:\.\d{1,3}){3})?)(?![^\W_]|:)",
    re.IGNORECASE,
)
_HEXADECIMAL: Final = re.compile(r"(?=\d*[a-f])[0-9a-f]{16,}", re.IGNORECASE)

_IPV4_IN_NAME: Final = re.compile(r"(?=(?<!\d)(\d{1,3}(?:[.x_-]\d{1,3}){3})(?!\d))")
# "p5ddc1234" below a provider's name, and "2001-db8--1": addresses as some providers write them.
_HEXADECIMAL_LABEL: Final = re.compile(r"[a-z]{0,4}[-_]?(?=(?:[a-f]*\d){2})[0-9a-f]{8}")
_IPV6_LABEL: Final = re.compile(r"(?=[a-f-]*\d)[0-9a-f]{0,4}(?:-[0-9a-f]{0,4}){2,7}")
_NAME_LABELS: Final = 2
_CLOCK_MAX: Final = 60
_SIXTH_VERSION: Final = 6


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
    """Tell whether a host name is or holds an address, also with hyphens or in hexadecimal as providers name customers."""
    if any(_is_ipv4(match[1]) for match in _IPV4_IN_NAME.finditer(host)):
        return True
    below = host.split(".")[:-_NAME_LABELS]
    return any(_HEXADECIMAL_LABEL.fullmatch(label) or _is_ipv6_label(label) for label in below)


def _scrubbed_once(text: str) -> str:
    text = _UUID.sub("{uuid}", _WEB_TOKEN.sub("{token}", _SERVICE_KEY.sub("{token}", text)))
    text = _IPV6.sub(_address6, _DEVICE.sub("{address}", text))
    text = _IPV4.sub(_address, _IPV4_NAMED.sub(_address, text))
    text = _IPV4_HEXADECIMAL.sub("{address}", _IPV4_JOINED.sub(_joined_address, text))
    return without_random(scrub_numbers(_HEXADECIMAL.sub("{id}", text)))


def _address(match: re.Match[str]) -> str:
    """Judge what is written like an IPv4 address; ``1.2.3.999`` is none."""
    return "{address}" if _is_ipv4(match[0]) else match[0]


def _address6(match: re.Match[str]) -> str:
    """Judge what is written like an IPv6 address, perhaps behind words; ``12:30:45`` is none."""
    for words, text in (("", match[0]), (match["words"], match["address"])):
        if _is_ipv6(text):
            return words + "{address}"
    return match[0]


def _joined_address(match: re.Match[str]) -> str:
    """Judge four numbers with hyphens or low lines; numbers up to 60 are rather a time, a date or a score."""
    largest = max(int(number) for number in re.findall(r"\d+", match[0]))
    return "{address}" if _is_ipv4(match[0]) and largest > _CLOCK_MAX else match[0]


def _is_ipv4(text: str) -> bool:
    return all(int(number) <= _OCTET_MAX for number in re.findall(r"\d+", text))


def _is_ipv6(text: str) -> bool:
    try:
        return ip_address(text).version == _SIXTH_VERSION
    except ValueError:
        return False


def _is_ipv6_label(label: str) -> bool:
    return _IPV6_LABEL.fullmatch(label) is not None and _is_ipv6(label.replace("-", ":"))
