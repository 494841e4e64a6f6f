r"""The exact parser of combined and common log lines: the oracle of the columnar way, and the reader of all lines that it leaves.

A line is kept when it has an address, a time, a request and a status; what is cut off or odd behind them costs that field only.
Decisions, each a case in ``tests/data/access_log_lines.toml``:

* Text stays as the server wrote it: ``\"`` and ``\x16`` are not decoded, bytes that are no UTF-8 become U+FFFD.
* A quote ends the request when no backslash escapes it and a status of three digits follows; it ends another field when a blank or
  the end of the line follows. So quotes that a server forgot to escape do no harm, and nobody's request can invent a status.
* Up to four bare numbers (``0.005``, ``-``) may stand between the quoted fields; other fields of one's own end the reading.
* Bytes above int64 or not a number make the whole line no log line, for then the fields are not what we take them for.
"""

import re
from typing import Final, NamedTuple

from transform.access_log.peers import forwarded_list, read_head
from transform.access_log.times import read_time
from transform.reasons import Reason

LINE_BYTES_MAX: Final = 65_536
EDGES: Final = b" \t\r\n\0"
"""Stripped from both ends; a log cut by copytruncate goes on behind a run of NUL bytes."""
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
BYTES_MAX: Final = 2**63 - 1
STATUSES: Final = range(100, 600)

# Every repetition below is bounded or possessive, or cannot match what follows it: no line makes them look back and forth.
TIME_THEN_QUOTE: Final = re.compile(rb'\[([^\[\]"]{0,64}+)\][ \t]++(?:\([^()"]{0,64}+\)[ \t]++)?"')
REQUEST_END: Final = re.compile(rb'"[ \t]++([0-9]{3})(?![^ \t])')
SIZE: Final = re.compile(rb'[ \t]++([^ \t"]++)')
SIZE_DIGITS: Final = re.compile(rb"[0-9]{1,19}")
NEXT_FIELD: Final = re.compile(rb'(?:[ \t]++[0-9.,:-]{1,32}){0,4}+[ \t]++"')
FIELD_END: Final = re.compile(rb'"(?![^ \t])')
METHOD: Final = re.compile(r"[A-Za-z][A-Za-z_-]{0,31}")
PROTOCOL: Final = re.compile(r"HTTP/[0-9](?:\.[0-9])?")
BARE_TARGET: Final = re.compile(r"(?:/|\*|https?://)[^ \t]*")
NO_REQUEST: Final = ("-", "-")
NOT_SENT: Final = "-"


class ParsedLine(NamedTuple):
    """One line's fields; the names are those of the columns, but for the unit of the time (microseconds since 1970, UTC)."""

    address: str
    forwarded: str | None
    event_time_us: int
    utc_offset_min: int
    method: str
    target: str
    status: int
    bytes: int | None
    referrer: str | None
    agent: str | None
    vhost: str | None


class Size(NamedTuple):
    """Bytes sent, None for ``-`` or nothing, and where in the line the reading goes on."""

    bytes: int | None
    end: int


def parse_exact(line: bytes) -> ParsedLine | Reason:
    """Read one line without its line end; never raises, in time that grows with the line's length only."""
    line = line.strip(EDGES).removeprefix(BYTE_ORDER_MARK).strip(EDGES)
    if not line:
        return Reason.BLANK_LINE
    if len(line) > LINE_BYTES_MAX:
        return Reason.LINE_TOO_LONG
    start = TIME_THEN_QUOTE.search(line)
    request_end = None if start is None else _unescaped(REQUEST_END, line, start.end())
    if start is None or request_end is None:
        return Reason.NOT_A_LOG_LINE
    head = read_head(line[: start.start()])
    status = int(request_end[1])
    size = _size(line, request_end.end())
    if head is None or status not in STATUSES or size is None:
        return Reason.NOT_A_LOG_LINE
    time = read_time(start[1])
    if time is None:
        return Reason.UNREADABLE_TIME
    referrer, agent, last = _quoted_fields(line, size.end)
    method, target = split_request(_text(line[start.end() : request_end.start()]))
    return ParsedLine(
        head.address,
        head.forwarded or forwarded_list(last or ""),
        time.event_time_us,
        time.utc_offset_min,
        method,
        target,
        status,
        size.bytes,
        given(referrer or ""),
        agent if agent is None else agent or NOT_SENT,
        head.vhost,
    )


def split_request(request: str) -> tuple[str, str]:
    """Split ``METHOD target [HTTP/x]`` into method and target; ``-`` and ``-`` for whatever else was sent."""
    method, _, rest = request.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    if not PROTOCOL.fullmatch(protocol):
        # HTTP/0.9 names no protocol; then only a target that looks like one tells it from the greetings of other protocols.
        target = rest if BARE_TARGET.fullmatch(rest) else ""
    target = target.strip(" ")
    return (method, target) if target and METHOD.fullmatch(method) else NO_REQUEST


def given(text: str) -> str | None:
    """Give None for what the log has as nothing: ``-`` or an empty field."""
    return None if text in {"", "-"} else text


def _size(line: bytes, at: int) -> Size | None:
    """Read the bytes sent, which a cut line may lack; None when something else stands there."""
    found = SIZE.match(line, at)
    if found is None:
        return Size(None, at)
    if found[1] == b"-":
        return Size(None, found.end())
    size = int(found[1]) if SIZE_DIGITS.fullmatch(found[1]) else BYTES_MAX + 1
    return Size(size, found.end()) if size <= BYTES_MAX else None


def _quoted_fields(line: bytes, at: int) -> tuple[str | None, str | None, str | None]:
    """Read up to three quoted fields, None where there are none; a field without its last quote goes to the end of the line."""
    fields: list[str | None] = [None, None, None]
    for number in range(len(fields)):
        opening = NEXT_FIELD.match(line, at)
        if opening is None:
            break
        closing = _unescaped(FIELD_END, line, opening.end())
        fields[number] = _text(line[opening.end() : len(line) if closing is None else closing.start()])
        at = len(line) if closing is None else closing.end()
    return fields[0], fields[1], fields[2]


def _unescaped(end: re.Pattern[bytes], line: bytes, at: int) -> re.Match[bytes] | None:
    """Find where `end`, which begins with a quote, first matches from `at` on with an even number of backslashes before it."""
    for found in end.finditer(line, at):
        before = line[at : found.start()]
        if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
            return found
        at = found.end()
    return None


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")
