"""Text behind percent signs, so that a detector sees what a person would read, however often it was encoded."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

ROUNDS_MAX: Final = 8
"""Text that was encoded more often is nobody's page."""

# Percent signs, IIS's %uXXXX and the \xHH that servers write for bytes that they do not print.
_ESCAPE: Final = re.compile(rb"%u([0-9A-Fa-f]{4})|(?:%|\\x)([0-9A-Fa-f]{2})")
# ASCII spelled in two or three bytes, which lenient servers still read as ASCII.
_OVERLONG: Final = re.compile(rb"([\xC0\xC1])([\x80-\xBF])|\xE0([\x80\x81])([\x80-\xBF])")
_ENCODED: Final = re.compile(r"%|\\x")
_KEPT: Final = "{}[]!$'()*,:@~"


def decoded(text: str) -> str | None:
    """Decode until nothing changes any more, and fold letters and digits to their plain forms (NFKC).

    Bytes that are no UTF-8 stay in the text as surrogates, which `encoded` writes back as they were.

    Returns:
        The readable text, or None when it was encoded more than `ROUNDS_MAX` times.
    """
    if text.isascii() and not _ENCODED.search(text):
        return text
    for _ in range(ROUNDS_MAX):
        raw = _ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogateescape"))
        plain = unicodedata.normalize("NFKC", _OVERLONG.sub(_ascii, raw).decode("utf-8", "surrogateescape"))
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
