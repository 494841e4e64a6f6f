"""Four days of an invented site, large enough to fill every panel, with names that want to break the page."""

from typing import Any, Final

DAYS: Final = ("2015-05-17", "2015-05-18", "2015-05-19", "2015-05-20")
WEIGHTS: Final = (5, 9, 11, 8)
LONG_PATH: Final = "/blog/geekery/" + "a-very-long-title-without-a-single-blank-" * 6 + "end.html"
HOSTILE: Final = (
    "</script><script>document.title='broken'</script>",
    '/"><img src=x onerror=document.title="broken">',
    "=HYPERLINK(\"http://example.com\",'x')",
    "+1-2\t@SUM(A1:A9)",
)
COUNTRIES: Final = {
    "US": {"US-CA": 9, "US-GA": 4, "US-NY": 4, "other": 30},
    "DE": {"DE-BE": 3, "DE-BY": 3, "other": 9},
    "FR": {"other": 8},
    "GB": {"GB-ENG": 5},
    "unknown": {"unknown": 4},
    "IN": {"IN-KA": 2, "other": 2},
    "AU": {"AU-NSW": 3},
    "ES": {"ES-MD": 2},
    "NL": {"NL-NH": 2},
    "SE": {"other": 2},
    "BR": {"BR-SP": 2},
    "JP": {"JP-13": 2},
    "CA": {"CA-ON": 2},
    "PL": {"PL-14": 2},
    "other": {"other": 40},
}
PATHS: Final = (
    "/projects/xdotool/",
    "/",
    "/übersicht/日本語",
    LONG_PATH,
    *HOSTILE,
    *(f"/article/{n}" for n in range(14)),
)
HOSTS: Final = ("direct", "internal", "google.example", "news.example", *HOSTILE[:3])
AGENTS: Final = {
    "device": ("Desktop", "Phone"),
    "browser": ("Firefox", "Chrome", "IE", "Opera"),
    "system": ("Windows", "Mac OS X", "Linux", "Ubuntu"),
}
BOTS: Final = {
    "Search engines": ("Googlebot", "Slurp", "msnbot", "archive.org_bot", "Yandex", "other"),
    "Feed readers": ("UniversalFeedParser", "FeedBurner", HOSTILE[0]),
    "Scripts and libraries": ("(no name sent)", "curl"),
}
REQUESTS: Final = (
    ("page", 200, False, 140),
    ("resource", 200, False, 240),
    ("page", 200, True, 70),
    ("resource", 304, True, 30),
    ("error", 404, False, 5),
    ("error", 404, True, 7),
    ("redirect", 301, True, 4),
    ("error", 500, False, 1),
)

Tables = dict[str, list[dict[str, Any]]]


def sample() -> Tables:
    """Make all tables of four days."""
    tables: Tables = {
        name: [] for name in ("geo_daily", "page_daily", "referrer_daily", "agent_daily", "missing_daily")
    } | {"status_daily": [], "bot_daily": [], "intakes": _intakes()}
    for day, weight in zip(DAYS, WEIGHTS, strict=True):
        for country, regions in COUNTRIES.items():
            for region, part in regions.items():
                names = {"country": country, "region": region}
                tables["geo_daily"].append(_release(day, part * weight, 20 * (region == "other")) | names)
        for column, table, labels in (
            ("path", "page_daily", (*PATHS, "other")),
            ("referrer_host", "referrer_daily", (*HOSTS, "other")),
            ("path", "missing_daily", ("/gone.gif", *HOSTILE[:2], "other")),
        ):
            for rank, label in enumerate(labels):
                row = _release(day, 120 * weight // (rank + 2), 33 * (label == "other"))
                tables[table].append(row | {column: label})
        for facet, labels in AGENTS.items():
            for rank, label in enumerate((*labels, "other")):
                row = _release(day, 60 * weight // (rank + 1), 9 * (label == "other"))
                tables["agent_daily"].append(row | {"facet": facet, "name": label})
        _requests(tables, day, weight)
    return tables


def _release(day: str, views: int, groups: int) -> dict[str, Any]:
    return {"event_date": day, "views": views, "visitors": max(10, views * 2 // 3), "groups": groups}


def _requests(tables: Tables, day: str, weight: int) -> None:
    """Add what the server answered on a day, and which robots asked."""
    for kind, status, is_bot, requests in REQUESTS:
        row = {"event_date": day, "kind": kind, "status": status, "is_bot": is_bot}
        tables["status_daily"].append(row | {"requests": requests * weight, "bytes": requests * weight * 70_000})
    for kind, labels in BOTS.items():
        for rank, label in enumerate(labels):
            requests = 40 * weight // (rank + 2)
            row = {"event_date": day, "bot_kind": kind, "bot_label": label, "requests": requests}
            tables["bot_daily"].append(row | {"bytes": requests * 9_000})


def _intakes() -> list[dict[str, Any]]:
    return [
        {"file": "access.log.gz", "origin": 1, "lines_in": 9000, "kept": 8990, "dead_letters": {"not_a_log_line": 10}},
        {"file": "access.log.gz", "origin": 1, "lines_in": 4761, "kept": 4761},
        {"file": HOSTILE[2], "origin": 1, "lines_in": 13_761, "kept": 0, "dropped": {"already_imported": 13_761}},
        {"source": "clickstream", "topic": "clickstream", "lines_in": 5, "kept": 1, "dropped": {"child": 4}},
    ]
