"""Lines of files and forms of people, which are dead letters because the policy of then took their time for impossible."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from ingest.consume import Worker
from ingest.replay import Letter, Replay, Replayed
from ingest.wire.source import Claim
from policy import Policy
from tests.ingest.conftest import NOON, ORIGIN, POLICY, SMALL, Topic, circumstances, key, line
from tests.ingest.worker.test_half_written import Cut, cut_before
from tests.ingest.worker.test_losses import accounts
from transform.context import Context
from transform.geography import Places
from warehouse.lake import Lake
from warehouse.registry import Origin, Subjects

pytestmark = pytest.mark.kafka
WIDER: Final = msgspec.structs.replace(POLICY, limits=msgspec.structs.replace(POLICY.limits, year_min=1980))
OLD_LINE: Final = line(3).replace(b"22/Nov/2026", b"22/Nov/1990")
Verb = Callable[..., Any]


@pytest.fixture
def verbs(
    lake: Lake,
    topic: Topic,
    subjects: Subjects,
    places: Places,
    drain: Callable[..., Worker],
    *,
    origins: dict[int, Origin],
) -> tuple[Verb, Verb]:
    """Give `ingest` and `replay` of a source, the first under the policy in force, the second under a wider one."""

    def context(policy: Policy) -> Callable[..., Context]:
        return lambda intake, _, is_seen: replace(circumstances(places, intake, is_seen), policy=policy)

    def ingest(source: str) -> None:
        worker = drain(lake, context=context(POLICY))
        worker.run(Claim({topic.name: source}), drain=True, flush=SMALL)

    def letters() -> Iterator[Letter]:
        settled = {row["offset"] for row in lake.table("replays").read().to_pylist()}
        rows = lake.table("dead_letters").read().to_pylist()
        return (Letter.of(row) for row in rows if row["offset"] not in settled)

    def replay(source: str) -> Replayed:
        return Replay(
            connection=topic.connection,
            lake=lake,
            subjects=subjects,
            context=context(WIDER),
            origins=lambda: origins,
            site="site",
            now=lambda: NOON,
            bytes_max=1 << 20,
            progress=lambda _done, _all: None,
        ).run({topic.name: source}, letters)

    return ingest, replay


def test_a_line_of_a_file_is_counted_for_its_file_and_never_comes_again(
    lake: Lake, topic: Topic, verbs: tuple[Verb, Verb]
) -> None:
    ingest, replay = verbs
    lines, keys = [line(1), OLD_LINE, line(2), OLD_LINE], [key(0), key(100), key(200), None]
    topic.send([*lines], [*keys])
    ingest("web_log")
    done = replay("web_log")
    assert (done.kept, done.still, done.other) == ({"hits": 2}, {}, {})
    entries = {row["origin"]: row for row in accounts(lake) if not row["lines_in"]}
    assert set(entries) == {ORIGIN, None}
    assert (entries[ORIGIN]["file"], entries[ORIGIN]["site"], entries[None]["site"]) == ("access.log", "shop", "site")
    for entry in entries.values():
        assert (entry["kept"], dict(entry["stored"]), dict(entry["dead_letters"])) == (
            1,
            {"hits": 1},
            {"time_out_of_range": -1},
        )
    hits = lake.table("hits").read(columns=["site", "event_date"]).to_pylist()
    assert sorted((row["site"], row["event_date"].year) for row in hits) == [
        *(("shop", year) for year in (1990, 2026, 2026)),
        ("site", 1990),
    ]
    topic.send([*lines[:3]], [*keys[:3]])
    ingest("web_log")
    assert lake.table("hits").size()["rows"] == 4


def form(number: int, **more: str | int) -> bytes:
    fields = {
        "event_id": str(UUID(int=number + 1, version=4)),
        "event_time": "1990-05-01T10:00:00Z",
        "customer_id": f"c-{number}",
        "role": "customer",
        "name": "Jane Doe",
        "email": "jane@mail.example",
        "policy_version": "1.4",
        **more,
    }
    return json.dumps(fields).encode()


@pytest.mark.parametrize("dies_before", ["", "event_ids", "intakes"])
def test_forms_reach_the_registry_once_and_children_are_flagged(
    lake: Lake,
    topic: Topic,
    subjects: Subjects,
    verbs: tuple[Verb, Verb],
    monkeypatch: pytest.MonkeyPatch,
    *,
    dies_before: str,
) -> None:
    ingest, replay = verbs
    topic.send([form(0), form(1), form(2, age=9), form(1)], [None] * 4)
    ingest("registration")
    assert subjects.registered().num_rows == 0
    if dies_before:
        with suppress(Cut):
            cut_before(monkeypatch, dies_before, lambda: replay("registration"))
    done = replay("registration")
    assert done.finished == (4 if dies_before else 0)
    assert subjects.registered().num_rows == 2
    assert len(subjects.children()) == 1
    assert lake.table("event_ids").size()["rows"] == 2
    (entry,) = (row for row in accounts(lake) if not row["lines_in"])
    assert dict(entry["stored"]) == {"registrations": 2}
    assert dict(entry["dropped"]) == {"child": 1, "repeated_event": 1}
    assert dict(entry["dead_letters"]) == {"time_out_of_range": -4}
    assert replay("registration").letters == 0
    topic.send([form(0, event_time="2026-11-01T10:00:00Z")], [None])
    ingest("registration")
    assert [dict(row["dropped"]) for row in accounts(lake) if row["offset_from"] == 4] == [{"repeated_event": 1}]
