"""A crash between sinks, then the world moves on: the accounts say what is stored, and each offset stands in them once."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from footfall.house import now_ms
from ingest.consume import Totals, Worker
from ingest.errors import LostRecordsError
from ingest.event_ids import Seen
from ingest.wire.source import Claim
from tests.ingest.conftest import SMALL, Topic, circumstances, line
from tests.ingest.worker.test_losses import accounts, remove_before, send, spans, stored
from transform.context import Context
from transform.geography import Places
from warehouse.lake import Lake, LakeTable

pytestmark = pytest.mark.kafka
Drain = Callable[..., Worker]
DEFECT = b"this is no line of a log"


class Cut(Exception):  # noqa: N818 - it stands for a power cut
    """The power goes."""


def cut_before(monkeypatch: pytest.MonkeyPatch, table: str, run: Callable[[], object]) -> None:
    """Let a worker run until it is about to commit to a table, and die there."""
    commit = LakeTable.commit

    def dying(self: LakeTable, *arguments: Any, **options: Any) -> bool:
        if self.name == table and options["end"] > options["start"]:
            raise Cut
        return commit(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(LakeTable, "commit", dying)
        with pytest.raises(Cut):
            run()


@pytest.mark.parametrize("removed", [4, 10, 13])
@pytest.mark.parametrize("dies_before", ["dead_letters", "intakes"])
def test_retention_removes_what_a_crash_left_half_written(
    topic: Topic, lake: Lake, drain: Drain, monkeypatch: pytest.MonkeyPatch, *, dies_before: str, removed: int
) -> None:
    """Ten records, the third a defect; the rest is in `hits`. Some, all, or more than these are removed before the next start."""
    lines: list[bytes | None] = [DEFECT if number == 2 else line(number) for number in range(10)]
    topic.send(lines, [None] * 10)
    cut_before(monkeypatch, dies_before, lambda: drain(lake).run(topic.claim, drain=True, flush=SMALL))
    send(topic, 10, 5)
    remove_before(topic, removed)
    with pytest.raises(LostRecordsError, match=rf"offsets 0 to {removed - 1} .* --accept-gap"):
        drain(lake).run(topic.claim, drain=True, flush=SMALL)
    totals = drain(lake, accept_gap=True).run(topic.claim, drain=True, flush=SMALL)
    hits = [number for number in range(15) if number != 2 and (number < 10 or number >= removed)]
    assert stored(lake) == hits
    is_known = dies_before == "intakes"  # the defect is a dead letter already, or nobody can tell any more what it was
    lost = max(0, removed - 10) + (0 if is_known else 1)
    assert (totals.lines_in, totals.kept, totals.dropped["lost_to_retention"]) == (15, len(hits), lost)
    assert sum(totals.dead_letters.values()) == (1 if is_known else 0)
    assert spans(lake)[0][0] == 0
    assert spans(lake)[-1][1] == 15
    kept = Counter[str]()
    for row in accounts(lake):
        kept[row["intake"]] += row["kept"]
    assert +kept == Counter(lake.table("hits").read(columns=["intake"]).column("intake").to_pylist())


def test_a_customer_is_found_to_be_a_child_after_a_crash(
    topic: Topic, lake: Lake, drain: Drain, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three events of whom another worker flags before they are taken again; the rows are stored, the night erases them."""
    topic.send([event(number) for number in range(5)], [None] * 5)
    claim, flagged = Claim({topic.name: "clickstream"}), np.empty(0, np.int64)

    def context(intake: str, _: datetime, is_seen: Seen) -> Context:
        return replace(circumstances(places, intake, is_seen), is_child=lambda customers: np.isin(customers, flagged))

    def run() -> Totals:
        return drain(lake, context=context).run(claim, drain=True, flush=SMALL)

    cut_before(monkeypatch, "intakes", run)
    customers = lake.table("customer_events").read(columns=["customer"]).column("customer").to_numpy()
    flagged = np.unique(customers)
    totals = run()
    assert (totals.lines_in, totals.kept, totals.dropped) == (5, 5, {})
    (row,) = accounts(lake)
    rows = {name: lake.table(name).size()["rows"] for name in ("customer_events", "hits")}
    assert dict(row["stored"]) == rows == {"customer_events": 3, "hits": 2}
    topic.send([event(number) for number in range(5, 8)], [None] * 3)
    assert run().dropped == {"child": 3}


def event(number: int) -> bytes:
    """Write an event; those whose number is even or above four are a customer's."""
    fields = {
        "event_id": str(UUID(int=number + 1, version=4)),
        "site": "shop",
        "event_time": f"{datetime.fromtimestamp(now_ms() / 1000, UTC):%Y-%m-%dT%H:%M:%S}Z",
        "url": "https://shop.example/",
        "ip": "203.0.113.9",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
    }
    if number % 2 == 0 or number > 4:
        fields["customer_id"] = "c-1"
    return json.dumps(fields).encode()
