"""A report with something of everything, and a name that would like to be more than text."""

from datetime import UTC, date, datetime
from itertools import cycle
from typing import Final

from dashboards.transparency import ClauseResult, Facts, Geography, HandedOut, KeyFact, OpenFinding, Report
from policy import load_policy

NOW: Final = datetime(2026, 11, 25, 22, 15, tzinfo=UTC)
RESULTS: Final = ("holds", "does not hold", "not applicable", "not built", "holds")
NASTY: Final = "a | b </script><script>document.title='broken'</script> *c* [d](e) `f`"
LONG: Final = "averyveryveryverylongwordwithoutanyplacetobreakit" * 3


def sample() -> Report:
    """Give a report in which every kind of result stands."""
    policy = load_policy()
    clauses = [
        ClauseResult(
            one.id,
            one.part,
            one.title,
            f"what {one.id} checks.",
            result,
            NASTY if one.id == "R2" else LONG if one.id == "R3" else f"evidence of {one.id}",
        )
        for one, result in zip(policy.clauses, cycle(RESULTS), strict=False)
    ]
    return Report(
        Facts(
            policy=policy,
            generated_at=NOW,
            clauses=tuple(clauses),
            rows={"hits": 440_563, "geo_daily": 1},
            keys=(
                KeyFact("profile 2026-11", "2", "2026-11-01", "", "in use"),
                KeyFact("day", "", "", "3 days", "11 in use"),
            ),
            geography=Geography(
                "DBIP-City-Lite",
                date(2026, 9, 1),
                "CC BY 4.0",
                "IP Geolocation by DB-IP",
                "region",
                ("The database is old.",),
            ),
            findings=(OpenFinding("proxy", NASTY, NOW), OpenFinding("cookies", "3 fields", None)),
            disclosures=(HandedOut("house", 2, 11, NOW),),
            ledger_hash="ab" * 32,
            accesses=1,
            settings={"geography.level": "region"},
        )
    )
