"""Text behind percent signs, so that a detector sees what a person would read, however often it was encoded."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

ROUNDS_MAX: Final = 8
"""Text that was encoded more often is nobody's page."""

# Percent signs, IIS's %uXXXX, JSON's \uXXXX and the \xHH that servers write for bytes that they do not print.
_ESCAPE: Final = re.compile(rb"[%\\]u([0-9A-Fa-f]{4})|(?:%|\\x)([0-9A-Fa-f]{2})")
# ASCII spelled in two or three bytes, which lenient servers still read as ASCII.
_OVERLONG: Final = re.compile(rb"([\xC0\xC1])([\x80-\xBF])|\xE0([\x80\x81])([\x80-\xBF])")
_ENCODED: Final = re.compile(r"%|\\[xu]|&")
_AT: Final = re.compile(r"&(?:#0*64|#[Xx]0*40|commat);")
# Signs that people see as a hyphen or a dot, and those that nobody sees, would hide a number or an address.
_INVISIBLE: Final = (
    0xAD,
    0x61C,
    0x180E,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
)
_PLAIN: Final = {
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2043, 0x2212), "-"),
    **dict.fromkeys((0x3002, 0x2024), "."),
    **dict.fromkeys(_INVISIBLE),
}
_KEPT: Final = "{}[]!$'()*,:@~"


def decoded(text: str) -> str | None:
    """Decode until nothing changes any more, and fold letters, digits, hyphens and dots to their plain forms (NFKC and more).

    Bytes that are no UTF-8 stay in the text as surrogates, which `encoded` writes back as they were.

    Returns:
        The readable text, or None when it was encoded more than `ROUNDS_MAX` times.
    """
    if text.isascii() and not _ENCODED.search(text):
        return text
    for _ in range(ROUNDS_MAX):
        raw = _ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogateescape"))
        plain = unicodedata.normalize("NFKC", _OVERLONG.sub(_ascii, raw).decode("utf-8", "surrogateescape"))
        plain = _AT.sub("@", plain if plain.isascii() else plain.translate(_PLAIN))
        if plain == text:
            return text
        text = plain
    return None


def encoded(text: str) -> str:
    """Write text as it may stand in a path segment or in a query value; `decoded` gives the same text again."""
    return quote(text, safe=_KEPT, errors="surrogateescape")


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")
    return bytes((int(match[2], 16),))


def _ascii(match: re.Match[bytes]) -> bytes:
    high, low = (match[1], match[2]) if match[1] else (match[3], match[4])
    return bytes(((high[0] & 1) << 6 | low[0] & 0x3F,))
