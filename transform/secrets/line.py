"""One line without its credentials: the exact way, which `redact_lines` takes only for lines that may hold any.

Everything but the credential stays byte for byte, so that a parser reads the line as before. Read are names with values
in queries and path parameters (``token=…``), the same inside another address (``token%3D…``, encoded again or not),
members of JSON, the headers Authorization and Cookie, Bearer and Basic credentials, web tokens, and ``user:password@`` in
addresses.
"""

import base64
import binascii
import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final
from urllib.parse import unquote

from transform.secrets.names import CREDENTIAL_HEADERS, is_credential

PLACEHOLDER: Final = "{redacted}"
"""What stands in a credential's place."""

_ROUNDS_MAX: Final = 8

_ESCAPE: Final = r"%(?:25)*"  # a percent sign that was itself encoded any number of times
_QUOTE: Final = rf"(?:\\*[\"']|\\x2[27]|{_ESCAPE}2[27])"
_BLANKS: Final = rf"(?:[\s+]|{_ESCAPE}20)*+"
_NAME_SIGN: Final = rf"(?:[\w.$~*\[\]-]|{_ESCAPE}(?:[46][1-9A-Fa-f]|[57][0-9Aa]|3\d|2[DdEe]|5[BbDdFf]))"
_NAME: Final = rf"{_NAME_SIGN}++"
# A bare colon joins only such a name to its value: "10:05:03" and "http:" are none.
_BEFORE_COLON: Final = (
    "authorization",
    "cookie",
    "key",
    "pass",
    "password",
    "passwd",
    "passwort",
    "pwd",
    "secret",
    "token",
)
_BEHIND: Final = "|".join(f"(?<={''.join(f'[{letter.upper()}{letter}]' for letter in name)})" for name in _BEFORE_COLON)
_JOIN: Final = rf"(?:=|{_ESCAPE}3[DdAa]|(?:{_BEHIND}):)"
_NAMED: Final = re.compile(
    # Names without a value are skipped whole, so that each byte is read once or twice, however long the line is.
    rf"(?:{_NAME}(?!{_JOIN}|{_QUOTE}{_BLANKS}(?:[=:]|{_ESCAPE}3[DdAa]))|\\x[0-9A-Fa-f]{{2}}|[^\w.$~*\[\]%-]"
    rf"|(?!{_NAME_SIGN})(?:{_ESCAPE}[0-9A-Fa-f]{{2}}|%))*+"
    rf"(?P<name>{_NAME})(?:(?P<quote>{_QUOTE}){_BLANKS}(?P<quoted_join>[=:]|{_ESCAPE}3[DdAa])|(?P<bare_join>{_JOIN}))(?P<blanks>{_BLANKS})",
    re.ASCII | re.DOTALL,
)
_SIGN: Final = re.compile(r'\\.|"', re.DOTALL)
_OPENING: Final = re.compile(_QUOTE)
_STRING: Final = re.compile(r'(?:[^"\\]|\\.)*+', re.DOTALL)
_NUMBER: Final = re.compile(r"-?\d[\w.+-]*")
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|(?P<opens>[\[{])|(?P<closes>[\]}])', re.DOTALL)

_SCHEME: Final = rf"(?:basic|bearer|digest|negotiate|ntlm|token|apikey)(?:[\s+]|{_ESCAPE}20)+(?!HTTP/)"
# A quote with a backslash ends a value unless the value goes on behind it.
# A hash sign does not end it: who typed a password with one into an address meant no fragment.
_PLAIN: Final = re.compile(
    rf"(?:{_SCHEME})?+"
    r"(?:[^&\s\"\\<>|;]|;(?![\w.~%-]+=)|\\(?:x2[27]|[\"'])(?![\s,:}\]\"]|$)|\\(?!x2[27]|[\"'])\S)*+",
    re.IGNORECASE | re.ASCII,
)
_SESSION: Final = re.compile(rf"(?:{_SCHEME}[\w.~+/-]*+)?+[^&\s\"\\<>|;/?]*+", re.IGNORECASE | re.ASCII)
_COOKIES: Final = re.compile(r"(?:[^\s\"\\;]|\\.)+(?:;\s*(?:[^\s\"\\;]|\\.)+)*;?", re.ASCII)
_SPACES: Final = re.compile(r"\s*+", re.ASCII)
_HEADER_OR_PROTOCOL: Final = re.compile(r" HTTP/\d")
_SCHEMED: Final = re.compile(
    rf"(bearer|basic)((?:[\s+]|{_ESCAPE}20)+)(?!HTTP/)((?:[\w.~+/-]|{_ESCAPE}(?:2[BbFf]|3[Dd]))+=*)",
    re.IGNORECASE | re.ASCII,
)
# A scheme may stand right behind a letter of something else: of an escape such as \n or \x22, of text that was cut.
_BEHIND_WORD: Final = re.compile(r"(?<=\w)(?<!%[0-9A-F]{2})", re.IGNORECASE | re.ASCII)
_TOKEN_SIGNS_MIN: Final = 16
"""So many signs behind a word that ends in "bearer" are a token; "cupbearer+of+Troy" has none."""
_PATH_SIGN: Final = re.compile(r"[./~]")
# A web token says by its form what it is: its first part is JSON in base64, and the dots may be encoded.
_WEB_TOKEN: Final = re.compile(
    rf"(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{{2}}))eyJ[\w-]{{6,}}+(?:\.|{_ESCAPE}2[Ee])[\w-]{{6,}}+(?:(?:\.|{_ESCAPE}2[Ee])[\w-]*+){{0,3}}+",
    re.ASCII,
)
_HEADER: Final = re.compile(r"(?:set-)?cookie:|(?:proxy-)?authorization:", re.IGNORECASE)
_USER: Final = re.compile(
    rf"(:/{{2}}|{_ESCAPE}3[Aa]{_ESCAPE}2[Ff]{_ESCAPE}2[Ff])"
    rf"((?:(?!{_ESCAPE}(?:2[0236Ff]|3[Ff]))[^/\s\"<>?#\\&])+)(@|{_ESCAPE}40)",
    re.ASCII,
)
_STANDARD: Final = str.maketrans("-_", "+/")
_WIDE: Final = re.compile(r"(?:[^\0]\0){8,}+[^\0]?")
"""Text of sixteen bits a letter, as PowerShell writes it into files."""
_SESSIONS: Final = frozenset({"aspsessionid", "jsessionid", "phpsessid", "sessid", "sessionid", "sid"})


def redact_line(line: bytes) -> bytes:
    """Put `PLACEHOLDER` in the place of each credential in one line; a line without any comes back as it is.

    Args:
        line: any bytes; what is no UTF-8 stays as it is.
    """
    text = line.decode("latin-1")
    if "\0" in text:
        text = _WIDE.sub(_redacted_wide, text)
    return _redacted(text).encode("latin-1")


def _redacted_wide(match: re.Match[str]) -> str:
    wide = match[0]
    return "\0".join(_redacted(wide[::2])) + "\0" * (len(wide) % 2 == 0)


def _redacted(text: str) -> str:
    pieces, done = [], 0
    for start, end, replacement in _named_credentials(text):
        pieces += [text[done:start], replacement]
        done = end
    redacted = "".join([*pieces, text[done:]])
    redacted = _SCHEMED.sub(_without_credentials, redacted)
    redacted = _WEB_TOKEN.sub(PLACEHOLDER, redacted)
    return _USER.sub(rf"\1{PLACEHOLDER}\3", redacted)


def _named_credentials(text: str) -> Iterator[tuple[int, int, str]]:
    """Give start, end and replacement of each value whose name announces a credential, from left to right."""
    quotes = [match.start() for match in _SIGN.finditer(text) if match[0] == '"']
    place = 0
    while match := _NAMED.match(text, place):
        place = match.end()
        found = _value(text, match, quotes)
        if found and found[1] > found[0]:
            yield found
            place = max(place, found[1])


def _value(text: str, match: re.Match[str], quotes: list[int]) -> tuple[int, int, str] | None:
    """Find the value that follows a name, if the name announces a credential: start, end and replacement.

    Args:
        text: the line.
        match: the name and what joins it to its value, by `_NAMED`.
        quotes: places of the quotes in the line that open or close a field.
    """
    name = _decoded(match["name"])
    join = match["quoted_join"] or match["bare_join"]
    is_member = join[-1] in ":aA" and match["quote"]
    is_header = join[-1] in ":aA" and name.lower() in CREDENTIAL_HEADERS
    if not is_credential(name):
        return None
    # A blank behind a bare equals sign is no part of a value: "?token= HTTP/1.1".
    start = match.start("blanks") if match["bare_join"] and join[-1] in "=dD" else match.end()
    if not is_header and text.startswith("HTTP/", start):
        return None
    opening = _OPENING.match(text, start)
    in_field = bisect_left(quotes, start) % 2 == 1
    if is_member and not opening:
        return _unquoted_member(text, start, match["quote"])
    if opening and not (in_field and opening[0] == '"'):
        return opening.end(), _quoted_end(text, opening.end(), opening[0]), PLACEHOLDER
    field_end = quotes[at] if in_field and (at := bisect_left(quotes, start)) < len(quotes) else len(text)
    if join == ":" and is_header and not is_member:
        return start, _header_end(text, start, field_end, in_field=in_field), PLACEHOLDER
    end = _plain_end(text, start, join, name)
    if _HEADER.fullmatch(text, start, end):
        # A whole header stands there, whose value begins behind the blank.
        end = _header_end(text, end, field_end, in_field=in_field)
    return start, end, PLACEHOLDER


def _unquoted_member(text: str, start: int, quote: str) -> tuple[int, int, str] | None:
    """Find the value of a JSON member that is no string: a list, an object or a number, but not true, false or null."""
    whole = f"{quote}{PLACEHOLDER}{quote}"
    if text.startswith(("[", "{"), start):
        return start, _bracket_end(text, start), f"[{whole}]" if text[start] == "[" else whole
    number = _NUMBER.match(text, start)
    return (start, number.end(), whole) if number else None


def _decoded(name: str) -> str:
    for _ in range(_ROUNDS_MAX):
        if "%" not in name:
            break
        name = unquote(name, "latin-1")
    return name


def _quoted_end(text: str, start: int, quote: str) -> int:
    """Find the quote that closes a value; without one it ends where a bare value would."""
    if quote == '"' and (value := _STRING.match(text, start)) and value.end() < len(text):
        return value.end()
    closing = re.compile(rf"(?<!\\){re.escape(quote)}").search(text, start)
    return closing.start() if closing else _plain_end(text, start, "=", "")


def _bracket_end(text: str, start: int) -> int:
    """Find where the list or object ends that begins at `start`; one that is never closed goes to the end."""
    depth = 0
    for match in _BRACKET.finditer(text, start):
        depth += bool(match["opens"]) - bool(match["closes"])
        if depth == 0 and match["closes"]:
            return match.end()
    return len(text)


def _header_end(text: str, start: int, field_end: int, *, in_field: bool) -> int:
    """Find the end of a header's value: of the quoted field that it stands in, else of what can belong to it."""
    if in_field:
        protocol = _HEADER_OR_PROTOCOL.search(text, start, field_end)
        return protocol.start() if protocol else field_end
    blanks = _SPACES.match(text, start)
    first = blanks.end() if blanks else start
    if text.startswith("HTTP/", first):
        return start
    ends = [value.end() for value in (_COOKIES.match(text, first), _PLAIN.match(text, first)) if value]
    return max(ends, default=start)


def _plain_end(text: str, start: int, join: str, name: str) -> int:
    """Find the end of a bare value; inside an encoded address an ampersand encoded as often as the join ends it too."""
    is_session = name.lower() in _SESSIONS
    value = (_SESSION if is_session else _PLAIN).match(text, start)
    end = value.end() if value else start
    if join.startswith("%"):
        stops = ("26", "2F", "2f", "3F", "3f", "3B", "3b") if is_session else ("26",)
        places = [text.find(join[:-2] + stop, start, end) for stop in stops]
        end = min([place for place in places if place >= 0], default=end)
    return end


def _without_credentials(match: re.Match[str]) -> str:
    scheme, blanks, credentials = match.groups()
    if scheme.lower() == "basic":
        length = _user_and_password(credentials)
    else:
        is_word = len(credentials) < _TOKEN_SIGNS_MIN and _BEHIND_WORD.match(match.string, match.start())
        length = 0 if is_word else len(credentials)
    return scheme + blanks + PLACEHOLDER + credentials[length:] if length else match[0]


def _user_and_password(credentials: str) -> int:
    """Say how much of a text is what follows ``Basic``; "Basic training" is none, and ".pdf" behind it does not belong to it."""
    ends = [match.start() for match in islice(_PATH_SIGN.finditer(credentials), _ROUNDS_MAX)]
    for end in (len(credentials), *reversed(ends)):
        plain = _decoded(credentials[:end]).rstrip("=").translate(_STANDARD)
        plain = plain[: -1 if len(plain) % 4 == 1 else None]  # one sign more than base64 can have
        with suppress(binascii.Error):
            if b":" in base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True):
                return end
    return 0
