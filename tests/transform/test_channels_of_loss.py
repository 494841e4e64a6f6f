"""What leaves on purpose, on the running steps: fields, children, authors, links, signals, automatic logins, cookies."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.transform.events.records import POLICY, TAKEN_AT, kept, reasons, record, stored, take
from transform.steps import Outcome

SITE = "https://www.shop.example"
WHO: dict[str, Any] = {"customer_id": "c-17"}


def everything(outcome: Outcome) -> str:
    """Write down all that is stored of an intake."""
    tables = {name: table.to_pylist() for name, table in outcome.stored.items()}
    return json.dumps([tables, dict(outcome.fields_dropped), outcome.left.to_pylist()], default=str)


def test_fields_that_nobody_declared_leave_no_more_than_their_names_r2_r31() -> None:
    more: dict[str, Any] = {
        "shoe_size": "CANARY",
        "credit_score": "CANARY",
        "jane@example.org": "CANARY",
        "cookie": {"sid": "CANARY"},
    }
    outcome = take("clickstream", [record("clickstream", at, **more) for at in range(3)])
    assert kept(outcome) == [0, 1, 2]
    assert outcome.fields_dropped == {"cookie": 3, "credit_score": 3, "shoe_size": 3, "other": 3}
    assert "CANARY" not in everything(outcome)
    assert "jane" not in everything(outcome)


@pytest.mark.parametrize("who", [{}, WHO], ids=["visitor", "customer"])
@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/forum/t/4711/user/jane", "/forum/t/4711/user/{name}"),
        ("/member/jane?mode=posts", "/member/{name}"),
        ("/forum/t/4711?author=jane&page=2", "/forum/t/4711"),
        ("/forum/index.php?u=jane", "/forum/index.php"),
        ("/board/users/4711/jane/", "/board/users/{name}/{name}/"),
    ],
)
def test_authors_leave_the_pages_of_forums_r35(url: str, path: str, who: dict[str, Any]) -> None:
    outcome = take("clickstream", [record("clickstream", url=f"{SITE}{url}", title="CANARY: what Jane wrote", **who)])
    (row,) = stored(outcome, "customer_events" if who else "hits")
    assert row["path"] == path
    assert "jane" not in everything(outcome)
    assert "CANARY" not in everything(outcome)


def test_of_a_link_that_leads_away_no_more_than_the_host_is_kept_r34() -> None:
    url = "https://jane:CANARY@www.partner.example/CANARY/?email=CANARY#CANARY"
    outcome = take("clickstream", [record("clickstream", kind="outbound_click", url=url, referrer=f"{SITE}/list")])
    (row,) = stored(outcome, "hits")
    assert (row["outbound_host"], row["path"]) == ("partner.example", "/list")
    assert "CANARY" not in everything(outcome)


@pytest.mark.parametrize("signal", ["gpc", "dnt"])
def test_whose_browser_asks_not_to_be_profiled_has_no_name_t2(signal: str) -> None:
    asked = take("clickstream", [record("clickstream", **{**WHO, signal: True})])
    assert (len(stored(asked, "hits")), len(stored(asked, "customer_events"))) == (1, 0)
    not_asked = take("clickstream", [record("clickstream", **{**WHO, signal: False})])
    assert (len(stored(not_asked, "hits")), len(stored(not_asked, "customer_events"))) == (0, 1)


def test_automatic_logins_are_recorded_nowhere_in_events_r24() -> None:
    flags: list[dict[str, Any]] = [{}, {"auto_login": True}, {"auto_login": True, "auto_login_opt_in": True}]
    outcomes = [take("clickstream", [record("clickstream", **WHO, **flag)]) for flag in flags]
    assert len({everything(outcome) for outcome in outcomes}) == 1
    columns = {column.name for table in POLICY.tables.values() for column in table.columns}
    assert not {name for name in columns if "login" in name or "cookie" in name}


@pytest.mark.parametrize("source", ["clickstream", "registration", "transaction"])
def test_no_pseudonym_is_made_from_a_cookie_r23_r25(source: str) -> None:
    outcome = take(source, [record(source, customer_id="sessionid=8f2k3j5h7q")])
    assert reasons(outcome) == {0: "bad_customer_id"}


def test_a_visitor_of_one_window_is_nobody_in_the_next_r25() -> None:
    """The only number of a casual visitor lasts a day, so none is the same on both sides of a linkage window."""
    days = [TAKEN_AT - timedelta(days=back) for back in range(POLICY.windows.linkage_days + 1)]
    values = [record("clickstream", at, event_time=day.isoformat()) for at, day in enumerate(days)]
    rows = stored(take("clickstream", values, is_backfill=[True] * len(values)), "hits")
    assert len({row["event_date"] for row in rows}) == len(days)
    assert len({row["visitor"] for row in rows}) == len(days)
