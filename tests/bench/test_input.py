"""The truth beside an input is the truth, and the input is what its description says."""

import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from bench.input.events import event_blocks
from bench.input.fill import first_day, write_log
from bench.input.log_lines import log_blocks
from bench.input.truth import Truth
from bench.input.world import DAYS, World, build_world
from tests.bench.conftest import RECORDS, SHARE, START

LINE = re.compile(rb'(\S+) - \S+ \[([^\]]+)\] "(\S+) (\S+) HTTP/1\.1" (\d{3}) (\d+|-) "([^"]+)" "([^"]+)"')


def test_the_same_seed_gives_the_same_log(tmp_path: Path, world: World) -> None:
    again = build_world(records=RECORDS, address_share=SHARE, start=START, seed=7)
    other = build_world(records=RECORDS, address_share=SHARE, start=START, seed=8)
    for name, one in (("first", world), ("again", again), ("other", other)):
        write_log(one, tmp_path / name)
    first, repeated, different = ((tmp_path / name).read_bytes() for name in ("first", "again", "other"))
    assert first == repeated
    assert first != different


def test_the_log_holds_what_its_truth_says(tmp_path: Path, world: World) -> None:
    truth = write_log(world, tmp_path / "access.log")
    text = (tmp_path / "access.log").read_bytes()
    lines = text.split(b"\n")[:-1]
    matches = [match for line in lines if (match := LINE.fullmatch(line))]
    assert (truth.lines, truth.line_bytes, truth.lines_kept) == (len(lines), len(text), len(matches))
    assert 0 < truth.lines - truth.lines_kept < 0.005 * truth.lines
    assert truth.bytes_sum == sum(int(match[6]) for match in matches if match[6] != b"-")
    times = [datetime.strptime(match[2].decode(), "%d/%b/%Y:%H:%M:%S %z") for match in matches]
    assert times == sorted(times)
    assert (times[0].date(), (times[-1] - START).days) == (START.date(), DAYS - 1)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_addresses_are_as_distinct_as_asked_and_have_one_or_two_agents(share: float) -> None:
    world = build_world(records=RECORDS, address_share=share, start=START, seed=7)
    agents = defaultdict(set)
    for block in log_blocks(world, Truth()):
        for line in block.values.to_pylist():
            if match := LINE.fullmatch(line):
                agents[match[1]].add(match[8])
    assert len(agents) == pytest.approx(share * world.lines, rel=0.01)
    assert {len(found) for found in agents.values()} == {1, 2}


def test_the_events_are_what_their_truth_says(world: World) -> None:
    truth = Truth()
    values = [value for block in event_blocks(world, truth) for value in block.values.to_pylist()]
    events = []
    for value in values:
        try:
            events.append(json.loads(value))
        except ValueError:
            continue
    assert (truth.events, truth.events_kept, truth.event_bytes) == (len(values), len(events), sum(map(len, values)))
    assert truth.events == RECORDS - world.lines
    named = [event for event in events if "customer_id" in event and not event.get("gpc")]
    assert truth.events_of_customers == len(named)
    assert len(named) == pytest.approx(truth.events / 2, rel=0.1)
    assert len({UUID(event["event_id"]) for event in events}) == len(events)


def test_no_record_is_of_the_future() -> None:
    now = datetime(2026, 11, 25, 0, 0, 1, tzinfo=UTC)
    assert first_day(now) == datetime(2026, 11, 22, tzinfo=UTC)
