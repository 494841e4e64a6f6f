"""The fast way through a block of lines: all lines of the usual layouts at once, by the places of their quotes.

A line is taken only when every byte that matters stands where the layout wants it; what is found then equals what the exact parser
gives, and any other line is left to that. Texts are found only, and not taken out: that is done once for a whole intake. Held by ``tests/transform/access_log/test_fast_is_exact.py``.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from transform.access_log.exact import LINE_BYTES_MAX, STATUSES
from transform.access_log.times import WIDTH as TIME_WIDTH
from transform.access_log.times import read_times
from transform.access_log.views import ROOM, Bytes, Flags, Positions, Views, no_views, numbers, string_views, windows

COMMON_QUOTES: Final = 2
LAYOUTS: Final = (6, COMMON_QUOTES, 8)
"""Quotes in a line: combined, common, and combined with X-Forwarded-For behind."""
WORD_WINDOWS: Final = (16, 64)
"""Where the blank behind a host name or address is looked for: nearly all are short."""
BYTES_DIGITS_MAX: Final = 18
TIME_BEFORE_QUOTE: Final = len("dd/Mon/yyyy:HH:MM:SS +hhmm] ")
STATUS_BEHIND_QUOTE: Final = len('" ')
BYTES_BEHIND_QUOTE: Final = len('" 200 ')
HEAD_BYTES_MIN: Final = len("a - [") + TIME_BEFORE_QUOTE
BEFORE_QUOTE: Final = TIME_BEFORE_QUOTE + len("[")
ASCII_END: Final = 128
BLANK, DASH, QUOTE, BACKSLASH = (ord(mark) for mark in ' -"\\')


class Heads(NamedTuple):
    """Where the peers stand, where the virtual hosts before them end (at their start: none), and which of the heads are good."""

    vhost_ends: Positions
    starts: Positions
    ends: Positions
    good: Flags


class Lines(NamedTuple):
    """Lines that may be canonical: row number, start and end of each, and its quotes, an array of (quotes, lines)."""

    rows: Positions
    starts: Positions
    ends: Positions
    quotes: Positions

    def only(self, good: Flags) -> "Lines":
        """Keep the lines marked as good."""
        return self if good.all() else Lines(self.rows[good], self.starts[good], self.ends[good], self.quotes[:, good])


class Canonical(NamedTuple):
    """Canonical lines of one layout, ascending by `rows`, their numbers in the block; one entry a line in every field.

    ``no_bytes`` marks a dash in the place of the bytes sent. Texts are views into the intake's buffer.
    """

    rows: Positions
    event_time_us: Positions
    utc_offset_min: npt.NDArray[np.int16]
    status: npt.NDArray[np.int16]
    bytes: Positions
    no_bytes: Flags
    vhost: Views
    address: Views
    request: Views
    referrer: Views
    agent: Views
    forwarded: Views


def canonical_lines(raw: Bytes, offsets: Positions, candidates: Flags, before: int = 0) -> list[Canonical]:
    """Read the canonical lines among the candidates: those of each layout met.

    Args:
        raw: the bytes of the block; the lines that end less than `ROOM` before its end are left.
        offsets: line i is ``raw[offsets[i]:offsets[i + 1]]``.
        candidates: one flag per line.
        before: how many bytes of the intake's buffer lie before the block.
    """
    starts, ends = offsets[:-1], _without_line_ends(raw, offsets)
    quotes = np.flatnonzero(raw == QUOTE)
    first = np.searchsorted(quotes, offsets)
    counts = np.diff(first)
    usual = candidates & (ends + ROOM <= len(raw)) & (ends - starts <= LINE_BYTES_MAX) & ~_odd_lines(raw, offsets)
    found = []
    for layout in LAYOUTS:
        rows = np.flatnonzero(usual & (counts == layout))
        if len(rows):
            places = quotes[first[rows] + np.arange(layout)[:, None]]
            found.append(_read(raw, Lines(rows, starts[rows], ends[rows], places), before))
    return found


def _read(raw: Bytes, lines: Lines, before: int) -> Canonical:
    """Read lines of one layout; only canonical ones come out."""
    lines = lines.only(_well_spaced(raw, lines))
    heads = _heads(raw, lines)
    times = read_times(windows(raw, lines.quotes[0] - TIME_BEFORE_QUOTE, TIME_WIDTH))
    status, status_good = _statuses(raw, lines.quotes[1] + STATUS_BEHIND_QUOTE)
    bytes_starts, bytes_ends = lines.quotes[1] + BYTES_BEHIND_QUOTE, _bytes_ends(lines)
    size, size_good = numbers(raw, bytes_starts, bytes_ends)
    no_size = (bytes_ends - bytes_starts == 1) & (raw[bytes_starts] == DASH)
    good = heads.good & times.good & status_good & (size_good | no_size)
    kept = lines.only(good)
    return Canonical(
        rows=kept.rows,
        event_time_us=times.event_time_us[good],
        utc_offset_min=times.utc_offset_min[good],
        status=status[good],
        bytes=size[good],
        no_bytes=no_size[good],
        vhost=_vhosts(raw, kept, heads.vhost_ends[good], before),
        address=string_views(raw, heads.starts[good], heads.ends[good], before),
        request=_quoted(raw, kept, 0, before),
        referrer=_quoted(raw, kept, 2, before),
        agent=_quoted(raw, kept, 4, before),
        forwarded=_quoted(raw, kept, 6, before),
    )


def _without_line_ends(raw: Bytes, offsets: Positions) -> Positions:
    """Give the ends of the lines before one line feed, one carriage return, or both."""
    ends = offsets[1:].copy()
    if len(raw):
        for mark in b"\n\r":
            ends -= raw[ends - 1] == mark
    return ends


def _odd_lines(raw: Bytes, offsets: Positions) -> Flags:
    """Mark the lines with a backslash (an escape, perhaps of a quote) or a byte outside ASCII (perhaps no UTF-8)."""
    odd = np.zeros(len(offsets) - 1, np.bool_)
    places = np.flatnonzero(raw == BACKSLASH)
    if raw.max(initial=0) >= ASCII_END:
        places = np.concatenate([places, np.flatnonzero(raw >= ASCII_END)])
    lines = np.searchsorted(offsets, places, side="right") - 1
    odd[lines[lines < len(odd)]] = True
    return odd


def _well_spaced(raw: Bytes, lines: Lines) -> Flags:
    """Mark the lines whose quotes have the blanks, and the room for numbers, of their layout; then all windows lie in the line."""
    opening, closing = lines.quotes[0], lines.quotes[1]
    good = opening - lines.starts >= HEAD_BYTES_MIN
    bracket = opening - BEFORE_QUOTE
    good &= (raw[bracket] == ord("[")) & (raw[opening - 2] == ord("]")) & (raw[opening - 1] == BLANK)
    room = _bytes_ends(lines) - closing - BYTES_BEHIND_QUOTE
    good &= (room >= 1) & (room <= BYTES_DIGITS_MAX)
    good &= (raw[closing + 1] == BLANK) & (raw[closing + BYTES_BEHIND_QUOTE - 1] == BLANK)
    if len(lines.quotes) > COMMON_QUOTES:
        # Fields without quotes may follow the last quote: the exact parser does not read them either.
        behind_last = lines.quotes[-1] + 1
        good &= (raw[lines.quotes[2] - 1] == BLANK) & ((behind_last == lines.ends) | (raw[behind_last] == BLANK))
    for before, behind in zip(lines.quotes[3:-1:2], lines.quotes[4::2], strict=True):
        good &= (behind - before == len('" ')) & (raw[before + 1] == BLANK)
    return good


def _bytes_ends(lines: Lines) -> Positions:
    """Give where the bytes sent end: before the blank before the referrer, or with the line."""
    return lines.quotes[2] - 1 if len(lines.quotes) > COMMON_QUOTES else lines.ends


def _heads(raw: Bytes, lines: Lines) -> Heads:
    """Find the peer in ``peer - user [`` and ``vhost peer - user [``; the user may be anything, and is not looked at."""
    first = _word_ends(raw, lines.starts)
    starts, ends, vhost_ends = lines.starts.copy(), first, lines.starts.copy()
    good = _dash_behind(raw, ends)  # never behind the blank within the time: a digit follows the sign there
    others = np.flatnonzero(~good)
    if len(others):
        starts[others] = first[others] + 1
        vhost_ends[others] = first[others]
        ends = first.copy()
        ends[others] = _word_ends(raw, starts[others])
        # The exact parser wants a user there, or the name before the peer might be the peer's.
        users = ends[others] + len(" - ")
        has_user = (users < lines.quotes[0, others] - BEFORE_QUOTE) & (raw[users] > BLANK)
        has_name = vhost_ends[others] > lines.starts[others]  # else the first word is too long to find its end
        good[others] = _dash_behind(raw, ends[others]) & has_user & has_name
    return Heads(vhost_ends, starts, ends, good)


def _dash_behind(raw: Bytes, places: Positions) -> Flags:
    return (raw[places + 1] == DASH) & (raw[places + 2] == BLANK)


def _word_ends(raw: Bytes, starts: Positions) -> Positions:
    """Give the place of the first blank from each start on; the start itself when there is none near by."""
    ends = starts.copy()
    for width in WORD_WINDOWS:
        unknown = np.flatnonzero(ends == starts)
        if len(unknown):
            ends[unknown] += (windows(raw, starts[unknown], width) == BLANK).argmax(axis=1)
    return ends


def _statuses(raw: Bytes, starts: Positions) -> tuple[npt.NDArray[np.int16], Flags]:
    """Read the statuses, and whether each is one."""
    status, good = numbers(raw, starts, starts + 3)
    return status.astype(np.int16), good & (status >= STATUSES.start) & (status < STATUSES.stop)


def _vhosts(raw: Bytes, lines: Lines, ends: Positions, before: int) -> Views:
    """Find the virtual hosts, empty for lines without one; a log has one on each line, or as a rule on none."""
    if (ends == lines.starts).all():
        return np.zeros((len(ends), 4), np.int32)
    return string_views(raw, lines.starts, ends, before)


def _quoted(raw: Bytes, lines: Lines, opening: int, before: int) -> Views:
    """Find the field that begins with that quote; there is no text when the layout has no such field."""
    if opening >= len(lines.quotes):
        return no_views(len(lines.rows))
    return string_views(raw, lines.quotes[opening] + 1, lines.quotes[opening + 1], before)
