"""A replay that is cut off between two sinks is finished by the next one; nothing is lost and nothing comes twice (R53)."""

import pytest

from ingest.replay import find_interrupted
from tests.ingest.replay.conftest import AFTER, BEFORE, KNOWN, Room
from tests.ingest.worker.test_half_written import cut_before
from tests.ingest.worker.test_losses import remove_before

pytestmark = pytest.mark.kafka
SINKS = ("event_ids", "hits", "customer_events", "dead_letters", "intakes")


@pytest.mark.parametrize("dies_before", SINKS)
def test_the_next_replay_finishes_it(room: Room, monkeypatch: pytest.MonkeyPatch, dies_before: str) -> None:
    cut_before(monkeypatch, dies_before, room.replay)
    assert [len(one.fates) for one in find_interrupted(room.lake)] == [7]
    dry = room.replay(is_dry=True)
    assert (dry.finished, len(list(find_interrupted(room.lake)))) == (7, 1)
    done = room.replay()
    assert (done.finished, done.kept, done.dropped) == (7, {}, {})
    assert done.still == {"unknown_site": 1, "unknown_product": 1}
    assert room.books() == AFTER
    assert list(find_interrupted(room.lake)) == []
    assert room.replay().finished == 0
    assert room.books() == AFTER


def test_before_anything_is_noted_nothing_has_happened(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_before(monkeypatch, "replays", room.replay)
    assert room.books() == BEFORE
    assert room.replay().finished == 0
    assert room.books() == AFTER


@pytest.mark.parametrize(
    ("dies_before", "kept", "dropped", "dead"),
    [
        ("event_ids", 4, {}, {"unknown_site": 8}),
        ("hits", 4, {"repeated_event": 1}, {"unknown_site": 6, "unknown_product": 1}),
        ("customer_events", 7, {"repeated_event": 1}, {"unknown_site": 3, "unknown_product": 1}),
        ("intakes", 9, {"repeated_event": 1}, {"unknown_site": 1, "unknown_product": 1}),
    ],
)
def test_originals_are_gone_before_it_is_finished(
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
    *,
    dies_before: str,
    kept: int,
    dropped: dict[str, int],
    dead: dict[str, int],
) -> None:
    """What is stored counts; what is not stands as a dead letter again, and its original is named as gone."""
    cut_before(monkeypatch, dies_before, room.replay)
    remove_before(room.topic, 12)
    done = room.replay()
    assert room.books() == {"lines_in": 12, "kept": kept, "dropped": dropped, "dead": dead}
    assert sum(one.letters for one in done.gone) == sum(dead.values())
    room.replay()
    assert room.books() == {"lines_in": 12, "kept": kept, "dropped": dropped, "dead": dead}


@pytest.mark.parametrize(
    ("dies_first", "dies_then"),
    [
        ("event_ids", "dead_letters"),
        ("event_ids", "hits"),
        ("hits", "customer_events"),
        ("customer_events", "intakes"),
    ],
)
def test_the_one_that_finishes_it_is_cut_off_too(
    room: Room, monkeypatch: pytest.MonkeyPatch, dies_first: str, dies_then: str
) -> None:
    cut_before(monkeypatch, dies_first, room.replay)
    cut_before(monkeypatch, dies_then, room.replay)
    room.replay()
    assert room.books() == AFTER


def test_some_are_gone_and_then_all_between_two_interruptions(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can store what is gone after the letters that stand again were written: it is counted as lost."""
    cut_before(monkeypatch, "hits", room.replay)
    remove_before(room.topic, 6)
    cut_before(monkeypatch, "customer_events", room.replay)
    remove_before(room.topic, 12)
    room.replay()
    assert room.books() == {
        "lines_in": 12,
        "kept": 5,
        "dropped": {"repeated_event": 1, "lost_to_retention": 2},
        "dead": {"unknown_site": 3, "unknown_product": 1},
    }


@pytest.mark.parametrize(
    ("dies_before", "kept"), [("event_ids", 4), ("hits", 4), ("customer_events", 7), ("intakes", 9)]
)
def test_settings_are_taken_back_before_it_is_finished(
    room: Room, monkeypatch: pytest.MonkeyPatch, *, dies_before: str, kept: int
) -> None:
    cut_before(monkeypatch, dies_before, room.replay)
    room.replay(KNOWN)
    assert room.books()["kept"] == kept
    room.replay()
    assert room.books() == AFTER
