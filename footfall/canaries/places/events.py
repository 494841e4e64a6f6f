"""Every field of an event that a page reports."""

from collections.abc import Iterator
from typing import Final

from footfall.canaries.places.lines import AGENT, HOSTS, NAMED, TARGETS
from footfall.canaries.places.place import Build, Place, Surroundings
from footfall.canaries.places.records import Record, around_fields, field_of, moment, new_id, written
from footfall.canaries.secrets import BY_FORM, CARDS, CREDENTIALS, KINDS
from footfall.canaries.writings import JSON_WRITINGS

SOURCE: Final = "clickstream"
SITE: Final = "https://www.shop.example"
REGISTERED: Final = "customer-0000"
"""The id of a customer who is registered."""
FREE: Final = (
    *("event_id", "event_time", "ip", "user_agent", "kind", "referrer", "title", "customer_id"),
    *("auto_login", "auto_login_opt_in", "gpc", "dnt", "language", "collected_via", "url"),
)
"""Fields whose text is never stored, or only after it was read as something else."""
STORED: Final = ("site", "product")
"""Fields that are stored as they are, once nothing in them looks like a person."""


def click(around: Surroundings) -> Record:
    """Make the event of a casual visitor's page view."""
    return {
        "event_id": new_id(around),
        "site": "shop",
        "event_time": moment(around),
        "url": f"{SITE}/list",
        "ip": f"46.{around.rng.integers(1, 9)}.{around.rng.integers(0, 250)}.{around.rng.integers(1, 250)}",
        "user_agent": AGENT,
    }


def _url(target: str, *, customer: bool) -> Build:
    before, _, behind = target.partition("§")
    who = {"customer_id": REGISTERED} if customer else {}
    return lambda secret, around: written({**click(around), **who, "url": f"{SITE}{before}{secret}{behind}"})


def _away(url: str) -> Build:
    before, _, behind = url.partition("§")
    return lambda secret, around: written(
        {**click(around), "kind": "outbound_click", "url": f"{before}{secret}{behind}", "referrer": f"{SITE}/list"}
    )


def _from(referrer: str) -> Build:
    before, _, behind = referrer.partition("§")
    return lambda secret, around: written({**click(around), "referrer": f"{before}{secret}{behind}"})


def _urls() -> Iterator[Place]:
    for name, (target, kinds) in TARGETS.items():
        if target.startswith("/"):
            for who, customer in (("visitor", False), ("customer", True)):
                yield Place(
                    f"clickstream: {name} ({who})", SOURCE, _url(target, customer=customer), kinds, JSON_WRITINGS
                )
    for name, target in NAMED.items():
        build = _url(target, customer=False)
        yield Place(f"clickstream: {name}", SOURCE, build, writings=JSON_WRITINGS, promised=CREDENTIALS | CARDS)
    yield Place("clickstream: outbound link's path", SOURCE, _away("https://partner.example/§"))
    yield Place("clickstream: outbound link's query", SOURCE, _away("https://partner.example/?a=1&b=§"))
    yield Place("clickstream: outbound link's user", SOURCE, _away("https://§@partner.example/"))
    yield Place("clickstream: outbound link's host", SOURCE, _away("https://§/"), HOSTS)
    yield Place("clickstream: referrer's query", SOURCE, _from("https://search.example/?q=§"))
    yield Place("clickstream: referrer's host", SOURCE, _from("https://§/a"), HOSTS)


CLICKS: Final = (
    *(Place(f"clickstream.{name}", SOURCE, field_of(name, click), KINDS, JSON_WRITINGS) for name in FREE),
    *(
        Place(f"clickstream.{name}", SOURCE, field_of(name, click), BY_FORM - {"cookie_pair"}, JSON_WRITINGS)
        for name in STORED
    ),
    *_urls(),
    *around_fields(SOURCE, click),
)
