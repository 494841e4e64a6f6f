"""The lines of ``tests/data/access_log_lines.toml``, and ways to spoil good ones."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import pyarrow as pa

from transform.access_log import ParsedLine, parse_exact

DATA: Final = Path(__file__).parents[2] / "data" / "access_log_lines.toml"
NOTHING: Final = dict.fromkeys(ParsedLine._fields)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MARGIN: Final = b"203.0.113.1 - - [10/Oct/2020:13:55:36 +0000] " + b'"GET / HTTP/1.1" 200 1 "-" "-"'
"""A line to put last: the columnar way leaves the last one or two of its input to the exact parser."""

COMBINED: Final = b'203.0.113.7 - bob [29/Feb/2020:13:55:36 +0200] "GET /a?b=c HTTP/1.1" 200 2326 "https://r.example/x" "Mozilla/5.0 (X11)"'
CANONICAL: Final = (
    COMBINED,
    b"2001:db8::7 - - [01/Jan/1999:00:00:00 -0730] " + b'"HEAD / HTTP/2.0" 304 -',
    b'www.example.com:443 203.0.113.7 - a b [31/Dec/2030:23:59:59 +1400] "POST /long HTTP/1.1" 301 99999 "-" ""',
    COMBINED + b' "198.51.100.9, 10.0.0.1"',
    COMBINED + b" 0.005 TLSv1.3\r",
    COMBINED + b"\r",
    COMBINED + b' "-"\r\n',
    b'dsl-7.isp.example:5000 - - [10/Oct/2020:13:55:36 +0000] "-" 408 0 "-" "-" "-"',
)
"""Lines of all layouts that need no exact parser."""

# Pieces that have a meaning somewhere in a line, or nowhere.
PIECES: Final = (
    *(bytes([byte]) for byte in b'" \t[]()\\-:/,.%+019a_\0\r\n\x1c\x7f\xff'),
    *(
        b' "',
        b'" ',
        b" - ",
        b'" 200 ',
        b" 600 ",
        b"999",
        b"Feb",
        b"31",
        b"\xc2\xa0",
        b"\xef\xbb\xbf",
        b"unknown",
        b"::1",
    ),
)


@dataclass(frozen=True)
class Case:
    """One line: why it is there, and what it must give, a reason's name or a row's fields."""

    why: str
    line: bytes
    expected: str | dict[str, Any]


def cases() -> list[Case]:
    """Read all cases; a key that nobody reads is an error."""
    document = tomllib.loads(DATA.read_text(encoding="utf-8"))
    usual = NOTHING | document["usual"].pop("row")
    assert document["usual"].keys() == {"line"}
    return [_case(dict(entry), usual) for entry in document["case"]]


def _case(entry: dict[str, Any], usual: dict[str, Any]) -> Case:
    why = entry.pop("why")
    line = bytes.fromhex(entry.pop("hex")) if "hex" in entry else entry.pop("line").encode()
    reason = entry.pop("reason", None)
    expected = reason or _row(usual, entry.pop("row", {}), entry.pop("none", []))
    assert not entry, (why, entry)
    return Case(why, line, expected)


def _row(usual: dict[str, Any], other: dict[str, Any], none: list[str]) -> dict[str, Any]:
    row = usual | other | dict.fromkeys(none)
    since = row.pop("event_time") - EPOCH
    row["event_time_us"] = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    assert row.keys() == NOTHING.keys()
    return row


def good_lines() -> list[bytes]:
    """Give the lines of all cases that can be read."""
    return [case.line for case in cases() if not isinstance(case.expected, str)]


def spoil(line: bytes, other: bytes, random: Random) -> bytes:
    """Put in, leave out or overwrite a few bytes, cut the line, or let another line go on where it ends."""
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        at, way = random.randrange(len(line) + 1), random.random()
        if way < 0.3:
            line = line[:at] + random.choice(PIECES) + line[at:]
        elif way < 0.55:
            line = line[:at] + line[at + random.choice((1, 1, 1, 2, 5)) :]
        elif way < 0.85:
            line = line[:at] + random.choice(PIECES) + line[at + 1 :]
        elif way < 0.95:
            line = line[:at] + other[random.randrange(len(other) + 1) :]
        else:
            line = line[:at]
    return line


def as_exact_tables(lines: list[bytes | None]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give what `parse_lines` must give for these lines, as lists of rows, from the exact parser alone."""
    rows, left = [], []
    for number, line in enumerate(lines):
        outcome = "no_content" if line is None else parse_exact(line)
        if isinstance(outcome, ParsedLine):
            rows.append({"row": number, **outcome._asdict()})
        else:
            left.append({"row": number, "reason": str(outcome)})
    return rows, left


def as_lists(tables: tuple[pa.Table, pa.Table]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give the two tables of `parse_lines` as lists of rows, the time as microseconds since 1970."""
    rows, left = tables
    at = rows.schema.get_field_index("event_time")
    return rows.set_column(at, "event_time_us", rows["event_time"].cast(pa.int64())).to_pylist(), left.to_pylist()
