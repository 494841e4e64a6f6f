"""Whatever stands in a line, a worker keeps it or leaves it for a reason: nobody can stop it with a request."""

from typing import Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.transform.events.records import CONTEXT
from tests.transform.test_steps import taken

ODD: Final = {
    "address": ("", "-", "1.2.3.4", "::1", "::ffff:1.2.3.4", "999.1.1.1", "1.2.3.4:80", "fe80::1%eth0", "host.example", "a b", "\xa0", "[::1]"),
    "user": ("-", "", "ann lee", '\\"', "[", "-] [", "\xff"),
    "time": (
        *("22/Nov/2026:10:00:00 +0100", "31/Feb/2026:10:00:00 +0000", "29/Feb/2024:23:59:59 -1200", "01/Jan/0000:00:00:00 +0000"),
        *("31/Dec/9999:23:59:59 -2359", "01/Jan/1970:00:00:00 +9999", "22/nov/2026:24:00:60 +0000", "22/Nov/2026:10:00:00", "-", ""),
    ),
    "request": (
        *("GET / HTTP/1.1", "GET", "", "-", "GET  HTTP/1.1", "GET /a b HTTP/1.1", "get http://[::1 HTTP/1.1", "OPTIONS * HTTP/1.0", "PRI * HTTP/2.0"),
        *("\\x16\\x03\\x01", "GET /%ff%zz%u0000%c0%af?%=%&=&;== HTTP/1.1", "GET //?? HTTP/1.1", "GET /" + "a/" * 900 + " HTTP/1.1", "CONNECT a:443 HTTP/1.1"),
        *("GET /\ud7ff\U0001f600/e\u0301 HTTP/9", 'GET /\\"q\\" HTTP/1.1', "GET /Cookie: a=b; c=d HTTP/1.1", "GET /?page=%F0%9F%98 HTTP/1.1"),
    ),
    "status": ("200", "000", "99", "1000", "-", "2e2", "+20", "\u0662\u0660\u0660"),
    "bytes": ("512", "-", "0", "9223372036854775807", "9223372036854775808", "-1", "1.5", "99999999999999999999999"),
    "referrer": ("-", "", "https://www.example.com/a?b", "http://[::1", "android-app://com.a.b/", "://", "http://\xff/", "http://a..b./", "http://xn--/"),
    "agent": ("-", "", "Mozilla/5.0 (", "bot", "\x00", "\\x22", "a" * 3000, "Googlebot/2.1 (+http://www.google.com/bot.html)", "\u202e"),
    "more": ("", ' "-"', ' "1.2.3.4, ::1"', " 12", ' "', ' "\\"'),
}  # fmt: skip
PIECE: Final = st.text(st.characters(max_codepoint=0xFF), max_size=6)
LINES: Final = st.fixed_dictionaries({name: st.sampled_from(odd) | PIECE for name, odd in ODD.items()})
MOSTLY: Final = {name: odd[2] if name in {"address", "referrer"} else odd[0] for name, odd in ODD.items()}


def written(parts: dict[str, str]) -> bytes:
    text = (
        '{address} - {user} [{time}] "{request}" {status} {bytes} "{referrer}" "{agent}"{more}'.format_map(parts)
    ).replace("\n", " ")
    # Servers log bytes as they were sent: what Latin-1 can write is mostly no UTF-8.
    return text.encode("latin-1") if all(ord(sign) < 256 for sign in text) else text.encode("utf-8", "surrogatepass")


def check(lines: list[bytes]) -> None:
    hits, outcome = taken(lines, CONTEXT)
    left = outcome.left["row"].to_pylist()
    assert sorted([*left, *outcome.rows["hits"].tolist()]) == list(range(len(lines)))
    assert hits.num_rows == len(lines) - len(left)


def test_each_odd_part_in_a_good_line() -> None:
    """All in one column, for what one line does to its neighbours counts too."""
    lines = [written({**MOSTLY, name: part}) for name, odd in ODD.items() for part in odd]
    assert written(MOSTLY) in lines
    check(lines)


@example([{**MOSTLY, "time": "29/Feb/2023:10:00:00 +0000"}])
@given(st.lists(LINES, min_size=1, max_size=8))
@settings(max_examples=150)
def test_odd_parts_together(lines: list[dict[str, str]]) -> None:
    check([written(parts) for parts in lines])
