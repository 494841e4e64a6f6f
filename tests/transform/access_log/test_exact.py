import gzip
from collections import Counter
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transform.access_log.cases import Case, cases
from transform.access_log import ParsedLine, parse_exact
from transform.reasons import Reason

HEAD = b'203.0.113.7 - - [10/Oct/2020:13:55:36 +0000] "'
COMMON = HEAD + b'GET / HTTP/1.1" 200 5'
LINE_BYTES = 65_536
FAMILY = {
    "common": 1,
    "common_complete": 1,
    "common_encoding_big5": 1,
    "common_vhost": 1,
    "gandi": 2,
    "icecast2": 1,
    "logs_to_tests": 4,
    "ncsa_extended": 1,
    "ovh": 1,
    "static_ignores": 4,
}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.why)
def test_a_case(case: Case) -> None:
    outcome = parse_exact(case.line)
    assert (outcome._asdict() if isinstance(outcome, ParsedLine) else outcome.value) == case.expected


def test_a_line_of_64_kib_is_read_and_a_longer_one_is_not() -> None:
    line = HEAD + b"GET /" + b"a" * LINE_BYTES
    tail = b' HTTP/1.1" 200 5'
    longest = line[: LINE_BYTES - len(tail)] + tail
    assert isinstance(parse_exact(longest), ParsedLine)
    assert isinstance(parse_exact(longest + b"\r"), ParsedLine)
    assert parse_exact(longest + b"1") is Reason.LINE_TOO_LONG


def test_every_line_of_a_real_log_is_kept(shared: Path) -> None:
    lines = gzip.decompress((shared / "weblogs" / "apache_logs.gz").read_bytes()).removesuffix(b"\n").split(b"\n")
    parsed = [line for line in map(parse_exact, lines) if isinstance(line, ParsedLine)]
    assert len(parsed) == len(lines) == 10_000
    assert Counter(line.status for line in parsed) == {
        200: 9126, 304: 445, 404: 213, 301: 164, 206: 45, 500: 3, 403: 2, 416: 2,
    }  # fmt: skip
    days = Counter(line.event_time_us // 86_400_000_000 for line in parsed)
    assert [days[day] for day in sorted(days)] == [1632, 2893, 2896, 2579]
    assert sum(line.bytes or 0 for line in parsed) == 2_747_282_740
    assert parsed[8898].agent == "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html"


def test_of_the_collected_formats_only_the_family_is_read(shared: Path) -> None:
    kept: Counter[str] = Counter()
    for path in (shared / "weblogs" / "formats").glob("*.log"):
        outcomes = [parse_exact(line) for line in path.read_bytes().split(b"\n")]
        kept[path.stem] = sum(isinstance(outcome, ParsedLine) for outcome in outcomes)
        strangers = {outcome for outcome in outcomes if isinstance(outcome, Reason)} - {Reason.BLANK_LINE}
        assert strangers <= {Reason.NOT_A_LOG_LINE} or path.stem == "custom_regex_custom_date"
    assert +kept == FAMILY


@given(st.binary(max_size=300))
def test_any_bytes_give_a_row_or_a_reason(line: bytes) -> None:
    assert isinstance(parse_exact(line), ParsedLine | Reason)
    assert isinstance(parse_exact(COMMON + line), ParsedLine | Reason)


@given(user=st.text(st.characters(codec="utf-8", min_codepoint=33, exclude_characters='"'), min_size=3))
def test_the_user_is_never_read(user: str) -> None:
    for line in (COMMON, b"www.example.com " + COMMON, COMMON + b' "-" "-" "-"'):
        with_user = line.replace(b" - - ", b" - %b " % user.encode())
        assert parse_exact(with_user) == parse_exact(line)


PIECES = (
    b'"', b"[", b"[a] ", b"[a] (", b"[a] () ", b'\\"', b'" 200', b'" ', b' "', b" ", b"\t", b",", b"1, ", b"\\", b'"\\', b" 1", b"::",
    b'\\" 200 ', b"[" + b"a" * 64, b"\xff",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_no_line_makes_the_parser_slow(piece: bytes) -> None:
    lines = [
        (before + piece * LINE_BYTES)[: LINE_BYTES - len(behind)] + behind
        for before in (b"", HEAD, COMMON, COMMON + b' "', COMMON + b' "-" "', COMMON + b' "-" "-" "', b"203.0.113.7, ")
        for behind in (b"", b" - - " + COMMON[16:])
    ]
    begin = process_time()
    for line in lines:
        parse_exact(line)
    # Nine in ten take less than 1 ms and the worst 3 ms; whatever looked back and forth over 64 KiB would take minutes.
    assert process_time() - begin < 1.0
