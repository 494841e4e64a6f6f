"""A broker that is away for a moment stops no staying worker, whatever the client was asking; a drain says so in one line."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import NodeNotReadyError

from ingest import consume
from ingest.consume import Worker
from ingest.errors import KafkaAwayError
from ingest.gathering import Flush
from ingest.wire.source import Group
from tests.ingest.conftest import SMALL, Topic
from tests.ingest.worker.test_losses import send, spans, stored
from warehouse.lake import Lake

pytestmark = pytest.mark.kafka
Drain = Callable[..., Worker]
QUICK = Flush(rows_max=10, age_max_s=0.1)
CALLS = [
    (KafkaConsumer, "poll", 1),
    (KafkaConsumer, "position", 1),
    (KafkaConsumer, "beginning_offsets", 1),
    (KafkaConsumer, "end_offsets", 1),
    (KafkaAdminClient, "describe_topics", 2),  # the first is answered by a new connection
]


class Away:
    """Lets a call of the client fail some times in a row, once it has been answered so often."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: type, name: str, *, answered: int, times: int) -> None:
        self.asked, self.failed = 0, 0
        call = getattr(owner, name)

        def failing(*arguments: Any, **options: Any) -> Any:
            self.asked += 1
            if self.asked > answered and self.failed < times:
                self.failed += 1
                raise NodeNotReadyError("coordinator")
            return call(*arguments, **options)

        patch.setattr(owner, name, failing)


@pytest.mark.parametrize(("owner", "name", "times"), CALLS)
@pytest.mark.parametrize("in_group", [True, False])
def test_a_staying_worker_goes_on(
    topic: Topic,
    lake: Lake,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
    *,
    owner: type,
    name: str,
    times: int,
    in_group: bool,
) -> None:
    monkeypatch.setattr(consume, "CHECK_S", 0.0)
    send(topic, 0, 5)
    said: list[str] = []
    deadline_s = time.monotonic() + 60

    def stopping() -> bool:
        is_taken = lake.table("hits").exists and len(stored(lake)) == 5
        return (is_taken and away.failed == times) or time.monotonic() > deadline_s

    away = Away(monkeypatch, owner, name, answered=int(owner is KafkaAdminClient), times=times)
    claim = topic.claim_of(Group(f"{topic.name}", 10)) if in_group else topic.claim
    drain(lake, warn=said.append, stopping=stopping).run(claim, drain=False, flush=QUICK)
    assert away.failed == times
    assert len(said) == 1
    assert "(NodeNotReadyError). Is the broker running? It goes on as soon as it can." in said[0]
    assert stored(lake) == list(range(5))
    assert spans(lake)[0][0] == 0
    assert spans(lake)[-1][1] == 5


@pytest.mark.parametrize("name", ["poll", "position"])
def test_a_drain_says_so(topic: Topic, lake: Lake, drain: Drain, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    send(topic, 0, 5)
    with monkeypatch.context() as patch:
        Away(patch, KafkaConsumer, name, answered=0, times=1)
        with pytest.raises(KafkaAwayError, match=r"cannot read at Kafka .* \(NodeNotReadyError\)"):
            drain(lake).run(topic.claim, drain=True, flush=SMALL)
    assert drain(lake).run(topic.claim, drain=True, flush=SMALL).kept == 5
