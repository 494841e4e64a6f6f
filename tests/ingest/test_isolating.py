"""A record that a step cannot bear is left for a reason, and holds up nobody; a step that fails on all stops the worker."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ingest.consume import Worker
from ingest.errors import IngestError
from ingest.reduce.isolating import RECORDS_MAX, run_isolating
from tests.ingest.conftest import NOON, SMALL, Topic, key, line
from transform import steps
from transform.batch import Batch
from transform.context import Context
from warehouse.lake import Lake

POISON: Final = "/page/4711x"


def careless(batch: Batch, _context: Context) -> Batch:
    """Take every page for one with a number, as a hurried programmer would."""
    paths = batch.rows.column("path").combine_chunks()
    numbers = pc.replace_substring_regex(paths.dictionary, r"^/(?:page/)?", "0")
    numbers.cast(pa.int32())
    return batch


def together(batch: Batch, _context: Context) -> Batch:
    """Fail on records that are not alone."""
    if batch.rows.num_rows > 1:
        raise ValueError(POISON)
    return batch


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "STEPS", {"web_log": (*steps.WEB_LOG_STEPS, careless)})


def batch_of(lines: list[bytes]) -> Batch:
    count = len(lines)
    site = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["shop"]))
    sent = pa.array([int(NOON.timestamp() * 1000)] * count, pa.int64())
    columns = {"row": pa.array(range(count), pa.int32()), "line": pa.array(lines), "site": site, "sent_ms": sent}
    return Batch.start(pa.table(columns))


@pytest.mark.usefixtures("broken")
def test_few_records_are_left_and_all_others_stay(context: Context) -> None:
    bad = {3, 4, 500, 899}
    lines = [line(number, path=POISON if number in bad else f"/page/{number}") for number in range(900)]
    outcome, told = run_isolating("web_log", batch_of([*lines, b"no line"]), context)
    left = {one["row"]: one["reason"] for one in outcome.left.to_pylist()}
    assert left == {**dict.fromkeys(bad, "step_failed"), 900: "not_a_log_line"}
    assert outcome.stored["hits"].num_rows == 896
    assert outcome.rows["hits"].tolist() == [number for number in range(900) if number not in bad]
    assert told.startswith("topic-id/0/0: 4 of 901 records are dead letters, for a step failed on them (ArrowInvalid")
    assert "4711" not in told


@pytest.mark.usefixtures("broken")
def test_clients_are_told_once(context: Context) -> None:
    """Or the share of proxies, which is counted there, would follow from how often it was tried."""
    told: list[int] = []
    counting = replace(context, tally=lambda clients: told.append(len(clients)))
    run_isolating("web_log", batch_of([line(1), line(2, path=POISON), line(3)]), counting)
    assert told == [2]


@pytest.mark.usefixtures("broken")
def test_many_records_stop_the_worker(context: Context) -> None:
    lines = [line(number, path=POISON) for number in range(RECORDS_MAX + 1)]
    run_isolating("web_log", batch_of(lines[1:]), context)
    with pytest.raises(
        IngestError, match=r"a step fails on more than 16 records of 17 .* nothing of it is stored"
    ) as said:
        run_isolating("web_log", batch_of(lines), context)
    assert "4711" not in str(said.value)


def test_records_that_fail_only_together_stop_the_worker(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "STEPS", {"web_log": (*steps.WEB_LOG_STEPS, together)})
    with pytest.raises(IngestError, match="a step fails on no record alone of 4"):
        run_isolating("web_log", batch_of([line(number) for number in range(4)]), context)


def test_what_is_no_fault_of_a_record_is_nobodys_dead_letter(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_batch: Batch, _context: Context) -> Batch:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(steps, "STEPS", {"web_log": (full,)})
    with pytest.raises(OSError, match="No space left"):
        run_isolating("web_log", batch_of([line(1)]), context)


@pytest.mark.kafka
@pytest.mark.usefixtures("broken")
def test_a_worker_goes_on_and_says_so(topic: Topic, lake: Lake, drain: Callable[..., Worker]) -> None:
    """And goes on behind it after a start, as behind any other intake."""
    topic.send(
        [line(number, path=POISON if number == 7 else "/page/1") for number in range(20)], [key(n) for n in range(20)]
    )
    told: list[str] = []
    totals = drain(lake, warn=told.append).run(topic.claim, drain=True, flush=SMALL)
    assert (totals.lines_in, totals.kept) == (20, 19)
    assert [words.partition(" dead letters")[0].rpartition(": ")[2] for words in told] == ["1 of 10 records are"]
    (letter,) = lake.table("dead_letters").read().to_pylist()
    assert (letter["offset"], letter["reason"]) == (7, "step_failed")
    assert drain(lake).run(topic.claim, drain=True, flush=SMALL).lines_in == 0


def test_without_a_fault_nothing_is_told(context: Context) -> None:
    outcome, told = run_isolating("web_log", batch_of([line(1)]), context)
    assert (outcome.stored["hits"].num_rows, told) == (1, "")
