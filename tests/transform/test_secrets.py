import gzip
import json
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transform.access_log import parse_lines
from transform.secrets import (
    CREDENTIAL_HEADERS,
    CREDENTIAL_NAMES,
    CREDENTIAL_PREFIXES,
    CREDENTIAL_WORDS,
    PLACEHOLDER,
    is_credential,
    redact_line,
    redact_lines,
)


def cases() -> list[dict[str, Any]]:
    text = (Path(__file__).parents[1] / "data" / "secrets.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["case"]
    for case in listed:
        assert case.keys() in ({"why", "line", "sent"}, {"why", "line", "same"})
    return listed


def redact(*lines: bytes) -> list[bytes]:
    return list(redact_lines(pa.array(lines, pa.binary()))[0].to_pylist())


def real_lines(shared: Path) -> list[bytes]:
    with gzip.open(shared / "weblogs" / "apache_logs.gz") as log:
        return log.read().splitlines()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_a_case_r26(case: dict[str, Any]) -> None:
    expected = case.get("sent", case["line"]).encode()
    assert redact_line(case["line"].encode()) == expected
    assert redact(case["line"].encode()) == [expected]
    assert redact_line(expected) == expected
    assert b"CANARY" not in expected


def test_all_cases_at_once_are_counted() -> None:
    listed = cases()
    lines = pa.array([case["line"].encode() for case in listed] + [None], pa.binary())
    redacted, changed = redact_lines(lines)
    assert redacted.to_pylist() == [case.get("sent", case["line"]).encode() for case in listed] + [None]
    assert changed == sum("sent" in case for case in listed)


def test_lines_without_credentials_come_back_as_they_are() -> None:
    lines = pa.array([b"GET /?page=2 HTTP/1.1", b"", b"\xff\xfe"], pa.binary())
    assert redact_lines(lines) == (lines, 0)
    assert redact_lines(lines)[0] is lines
    assert redact_lines(lines[:0])[1] == 0


def test_a_part_of_a_larger_block() -> None:
    lines = pa.array([b"a", b"token=CANARY", b"b", b"pin=CANARY"], pa.binary())
    assert redact_lines(lines[1:3])[0].to_pylist() == [b"token={redacted}", b"b"]


def test_a_real_log_is_the_same_fast_and_slow(shared: Path) -> None:
    """Of 10,000 lines five have a credential, sessions in referrers, and all others stay byte for byte."""
    lines = real_lines(shared)
    redacted, changed = redact_lines(pa.array(lines, pa.binary()))
    assert redacted.to_pylist() == [redact_line(line) for line in lines]
    assert changed == 5
    assert sum(old != new for old, new in zip(lines, redacted.to_pylist(), strict=True)) == 5


def test_json_stays_json() -> None:
    line = {
        "request": "GET /?a=1",
        "headers": {"Cookie": ["a=CANARY"], "Authorization": "Bearer CANARY"},
        "pin": 12,
        "n": None,
    }
    kept = json.loads(redact_line(json.dumps(line).encode()))
    assert kept["headers"] == {"Cookie": [PLACEHOLDER], "Authorization": PLACEHOLDER}
    assert (kept["request"], kept["pin"], kept["n"]) == ("GET /?a=1", PLACEHOLDER, None)


def test_every_listed_name_is_a_credential() -> None:
    for name in CREDENTIAL_WORDS | CREDENTIAL_NAMES | CREDENTIAL_HEADERS | {f"{one}_x" for one in CREDENTIAL_PREFIXES}:
        assert is_credential(name), name
        assert is_credential(name.upper()), name
        assert redact(f"GET /?{name}=CANARY HTTP/1.1".encode()) == [f"GET /?{name}={PLACEHOLDER} HTTP/1.1".encode()]


PIECES = st.sampled_from(
    [
        *"?&;=\"\\'%: /.,{}[]@#|+",
        *(
            "password",
            "Token",
            "sid",
            "code",
            "card_no",
            "Cookie",
            "Authorization",
            "bearer",
            "Basic",
            "page",
            "x",
            "CANARY",
        ),
        *(
            "%3D",
            "%253d",
            "%26",
            "%2526",
            "%3A",
            "%22",
            "%20",
            "%2F%2F",
            "://",
            "%40",
            "%61",
            "\\x22",
            '\\"',
            ": ",
            "=[",
            "={",
        ),
        *("HTTP/1.1", '":"', "dXNlcjpwYXNz", "null", "12", "\xe9", "\xff", "\t", "\x0b"),
        *("\0", *("\0".join(f"{text}\0") for text in ("password=", "CANARYCANARY", "Bearer ", "/?page=2&"))),
    ]
)


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=14).map("".join))
@example('"":token')
@example("http://x%40@")
def test_the_fast_look_misses_no_line_and_twice_is_once(text: str) -> None:
    line = text.encode("latin-1")
    once = redact_line(line)
    assert redact(line) == [once]
    assert redact_line(once) == once


@settings(max_examples=100)
@given(st.binary(max_size=80))
def test_any_bytes_are_a_line(line: bytes) -> None:
    assert redact(line) == [redact_line(line)]


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be", "utf-16"])
def test_letters_of_sixteen_bits(order: str) -> None:
    before, after = (
        (f"GET /?a=1&password={value}&page=2 HTTP/1.1\r\n").encode(order) for value in ("CANARY", PLACEHOLDER)
    )
    lines, sent = before.split(b"\n"), after.split(b"\n")
    assert redact(*lines) == sent
    assert redact(*sent) == sent
    assert sent != lines


NAMES = st.sampled_from(
    ["password", "passwd", "api_key", "accessToken", "SID", "card[number]", "cvv", "user.pwd", "X-Auth-Token"]
)
VALUES = st.text(alphabet="ABCXYZabcxyz0123456789-_.~!*()$,/?:", min_size=1, max_size=20).map(
    lambda text: "CANARY" + text
)
FRAMES = st.sampled_from(
    [
        '"GET /a?x=1&{name}={value}&page=2 HTTP/1.1" 200 1 "-" "curl"',
        '"GET /a HTTP/1.1" 200 1 "http://x.example/?{name}={value}" "curl"',
        '"GET /go?u=%2Fa%3F{name}%3D{value}%26page%3D2 HTTP/1.1" 200 1 "-" "curl"',
        '{{"{name}":"{value}","page":2}}',
        '{{"body":"{{\\"{name}\\":\\"{value}\\"}}","page":2}}',
    ]
)


@settings(max_examples=300)
@given(FRAMES, NAMES, VALUES)
def test_a_planted_credential_never_stays_and_all_else_does_r26(frame: str, name: str, value: str) -> None:
    # A session's id has no slash and no question mark: they end it, so that the path behind it stays.
    value = value.translate({ord("/"): None, ord("?"): None}) if name == "SID" else value
    line = frame.format(name=name, value=value)
    assert redact_line(line.encode()) == frame.format(name=name, value=PLACEHOLDER).encode()


def test_a_line_of_any_length_is_read_in_time() -> None:
    for piece in (
        b"a",
        b"%25",
        b"token=",
        b"a=",
        b'"',
        b"\\",
        b"://",
        b"Cookie: ",
        b"[",
        b'"pin":[',
        b"bearer ",
        b"%2F%2F",
        b"x@",
        b"=%3D",
    ):
        line = piece * (60_000 // len(piece))
        assert redact(line) == [redact_line(line)]


def test_redacted_lines_of_a_real_log_are_parsed_as_before(shared: Path) -> None:
    lines = pa.array(real_lines(shared), pa.binary())
    before, left_before = parse_lines(lines)
    after, left_after = parse_lines(redact_lines(lines)[0])
    assert left_after.equals(left_before)
    same = [name for name in before.column_names if name not in {"target", "referrer"}]
    assert [after.column(name).to_pylist() for name in same] == [before.column(name).to_pylist() for name in same]
    assert all(
        PLACEHOLDER in new
        for old, new in zip(*[table.column("referrer").to_pylist() for table in (before, after)], strict=True)
        if old != new
    )
