"""The ways in which a secret may be written in a record: as it is, or behind percent signs, in capitals, in base64."""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from footfall.canaries.secrets import Secret

MARK_MIN: Final = 10


def _each_letter(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


WRITINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "double": lambda text: quote(quote(text, safe=""), safe=""),
    "each_letter": _each_letter,
    "each_letter_double": lambda text: _each_letter(text).replace("%", "%25"),
    "plus": quote_plus,
    "upper": str.upper,
    "lower": str.lower,
    "base64": _base64,
}
JSON_WRITINGS: Final[Mapping[str, Callable[[str], str]]] = {**WRITINGS, "escaped": _escaped}


def marks(secret: Secret, writing: str) -> Iterator[bytes]:
    """Give what to look for, in small letters: the cores of a secret as they are and as this writing has them."""
    for core in secret.cores:
        yield core.lower().encode()
        if writing in {"each_letter", "each_letter_double", "escaped"}:
            yield JSON_WRITINGS[writing](core).lower().encode()
        if writing == "base64":
            yield from _in_base64(core)


def _in_base64(core: str) -> Iterator[bytes]:
    """Give the middle of a core in base64, which depends on how many bytes stand before it, by three."""
    for before in range(3):
        coded = _base64("x" * before + core)
        middle = coded[(before * 4 + 2) // 3 + bool(before) : -2]
        if len(middle) >= MARK_MIN:
            yield middle.lower().encode()
