"""Secrets planted everywhere are found nowhere (R5, R13, R23, R26), and are found as soon as a step does not do its work."""

import json
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from footfall.canaries import CanaryReport, run_canaries
from footfall.canaries.breaking import STEPS
from footfall.canaries.places import PLACES
from footfall.canaries.scan.stores import KAFKA
from footfall.canaries.secrets import KINDS
from policy.errors import UsageError

FEW: Final = 330
TABLES: Final = (
    "hits",
    "customer_events",
    "purchases",
    "dead_letters",
    "intakes",
    "event_ids",
    "page_daily",
    "customer_profiles",
)
FOUND_IN: Final = {
    "scrub_urls": "lake/facts",
    "referrer_hosts": "lake/facts",
    "forget_client": "lake/facts",
    "classify_agent": "lake/facts",
    "number_visitors": "lake/facts",
    "number_visitors (packed)": "lake/facts",
    "name_customers": "lake/facts",
    "remove_credentials": "registry (opened)",
    "known_methods": "lake/facts",
    "redact_lines": "Kafka",
    "clean_events": "Kafka",
    "shown_names": "lake/facts",
    "names_nobody": "lake/facts",
    "shape": "lake/facts",
    "seal": "registry/registry.db",
}
"""In what store that which a step lets pass is found at least."""
SOURCE_OF: Final = {place.name: place.source for place in PLACES}
SENT_BY_OURS: Final = {
    "redact_lines": {"web_log"},
    "clean_events": {"clickstream", "registration", "transaction"},
}
"""Of what sources a broken sender lets secrets into Kafka; no other step may, and no sender those of another source."""

BY_STRANGERS: Final = {"R59"}
"""What other programs' records can break: they may say that they are of a file that nobody registered."""


def stores(report: CanaryReport) -> Counter[str]:
    return Counter(hit.store for hit in report.hits)


def sources_in_kafka(report: CanaryReport) -> set[str]:
    return {SOURCE_OF[hit.place] for hit in report.hits if hit.store == KAFKA}


def broken_promises(folder: Path) -> set[str]:
    """Name the clauses that did not hold when they were checked on the way."""
    (said,) = folder.glob("written/out/*-policy.txt")
    document, _ = json.JSONDecoder().raw_decode(said.read_text())
    assert {one["result"] for one in document["clauses"]} >= {"holds", "not built"}
    return {one["id"] for one in document["clauses"] if one["result"] == "does not hold"}


@pytest.mark.kafka
def test_nothing_is_found(tmp_path: Path) -> None:
    report = run_canaries(tmp_path, 1, count=FEW)
    assert report.hits == ()
    assert report.holds
    assert report.planted >= FEW
    assert report.kinds_of_place >= 40
    assert report.kinds_of_secret == len(KINDS)
    assert set(TABLES) <= report.rows.keys()
    assert {
        "Kafka",
        "lake/facts",
        "lake/marts",
        "lake/releases",
        "registry/registry.db",
    } <= report.bytes_by_store.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "written"]
    assert broken_promises(tmp_path) <= BY_STRANGERS


def test_a_step_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no step is called scrub_everything; known are .*scrub_urls"):
        run_canaries(tmp_path, 1, off=frozenset({"scrub_everything"}), count=1)


def test_every_step_has_a_store_in_which_its_failure_shows() -> None:
    assert FOUND_IN.keys() == STEPS.keys()


@pytest.mark.kafka
@pytest.mark.long
def test_nothing_is_found_of_thousands(tmp_path: Path) -> None:
    """With other secrets than `footfall policy check --canaries` plants, whose own test is beside the verb's."""
    report = run_canaries(tmp_path, 8)
    assert report.hits == ()
    assert report.planted >= 2000
    assert report.kinds_of_place >= 40
    assert broken_promises(tmp_path) <= BY_STRANGERS


@pytest.mark.kafka
@pytest.mark.long
@pytest.mark.parametrize("step", sorted(FOUND_IN))
def test_a_step_that_does_not_do_its_work_is_found(tmp_path: Path, step: str) -> None:
    report = run_canaries(tmp_path, 3, off=frozenset({step}), to_the_end=False)
    assert FOUND_IN[step] in stores(report)
    assert sources_in_kafka(report) == SENT_BY_OURS.get(step, set())
