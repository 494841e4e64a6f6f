"""Dead letters read again: what passes now is stored once, the rest stays, and what is gone is named."""

import time
from typing import Any

import numpy as np
import pytest
from kafka import KafkaAdminClient

from ingest.errors import IngestError
from ingest.replay import replay as engine
from ingest.replay import why_gone
from ingest.wire.originals import Gone
from ingest.wire.topics import ensure_topic
from tests.ingest.conftest import WEEK_MS
from tests.ingest.replay.conftest import AFTER, BEFORE, KNOWN, MENDED, Room, event
from tests.ingest.worker.test_losses import remove_before
from warehouse.lake import LakeTable

pytestmark = pytest.mark.kafka
ALL_KNOWN: dict[str, Any] = {"sites": frozenset({"shop", "blog", "news"}), "products": frozenset({"tea", "pen"})}


def test_what_passes_after_the_settings_were_mended_is_stored_once(room: Room) -> None:
    done = room.replay()
    assert (done.letters, done.read, done.gone, done.waiting, done.finished) == (8, 8, [], 0, 0)
    assert done.kept == {"hits": 3, "customer_events": 2}
    assert done.dropped == {"repeated_event": 1}
    assert (done.still, done.other) == ({"unknown_site": 1}, {"unknown_product": 1})
    assert room.books() == AFTER
    again = room.replay()
    assert (again.letters, again.read, again.kept, again.dropped) == (2, 2, {}, {})
    assert again.still == {"unknown_site": 1, "unknown_product": 1}
    assert room.books() == AFTER
    assert room.lake.table("replays").size()["rows"] == 7


def test_a_letter_may_be_settled_step_by_step_and_keeps_its_age(room: Room) -> None:
    taken_at = {letter.offset: letter.taken_at for letter in room.letters()}
    room.replay()
    assert {letter.offset: letter.taken_at for letter in room.letters()} == {at: taken_at[at] for at in (10, 11)}
    assert room.replay(KNOWN).other == {"unknown_site": 1}  # the mended settings are taken back, and mended again
    assert room.replay().other == {"unknown_product": 1}
    assert room.books() == AFTER
    assert room.replay(ALL_KNOWN).kept == {"hits": 2}
    assert room.books() == {"lines_in": 12, "kept": 11, "dropped": {"repeated_event": 1}, "dead": {}}
    assert room.replay(ALL_KNOWN).letters == 0


def test_a_dry_run_says_the_same_and_writes_nothing(room: Room) -> None:
    before = room.lake.sizes()
    said = room.replay(is_dry=True)
    assert room.lake.sizes() == before
    assert room.books() == BEFORE
    done = room.replay()
    assert said.is_dry
    assert (said.kept, said.dropped, said.still, said.other) == (done.kept, done.dropped, done.still, done.other)


def test_pieces_of_one_partition_see_each_other(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two events with one id, in two pieces: the second repeats the first, which is stored by then."""
    room.topic.send([event(20, "blog"), event(20, "blog")], [None] * 2)
    room.ingest()
    monkeypatch.setattr(engine, "ROWS_MAX", 1)
    done = room.replay(bytes_max=1)
    assert done.dropped == {"repeated_event": 2}
    assert room.books() == {**AFTER, "lines_in": 14, "kept": 10, "dropped": {"repeated_event": 2}}


def test_a_child_that_is_known_by_now_is_refused(room: Room) -> None:
    done = room.replay({**MENDED, "is_child": lambda customers: np.ones(len(customers), np.bool_)})
    assert done.dropped == {"repeated_event": 1, "child": 2}
    assert room.books()["dropped"] == {"repeated_event": 1, "child": 2}
    assert not room.lake.table("customer_events").size()["rows"]


def test_originals_that_retention_removed_are_named_and_stay_dead_letters(room: Room) -> None:
    remove_before(room.topic, 6)
    done = room.replay()
    (gone,) = done.gone
    assert (gone.topic, gone.partition, gone.offset_from, gone.offset_to, gone.letters) == (room.topic.name, 0, 4, 5, 2)
    assert gone.why is Gone.REMOVED
    assert (done.letters, done.read, done.kept) == (8, 6, {"hits": 1, "customer_events": 2})
    assert room.books() == {**AFTER, "kept": 7, "dead": {"unknown_site": 3, "unknown_product": 1}}
    assert {why_gone(room.topic.connection, letter) for letter in room.letters()} == {Gone.REMOVED, None}


def test_a_topic_that_was_made_anew_has_none_of_the_originals(room: Room) -> None:
    """As many records at the same offsets: they are of another topic, and never taken for the old ones."""
    name, old_id = room.topic.name, room.topic.partitions[0].topic_id
    admin = KafkaAdminClient(**room.topic.connection.options())
    admin.delete_topics([name])
    admin.close()
    until = time.monotonic() + 30
    room.topic.describe()
    while not room.topic.partitions or room.topic.partitions[0].topic_id == old_id:
        assert time.monotonic() < until
        ensure_topic(room.topic.connection, name, partitions=1, retention_ms=WEEK_MS)
        room.topic.describe()
    room.topic.send([event(number, "blog") for number in range(100, 112)], [None] * 12)
    done = room.replay()
    (gone,) = done.gone
    assert (gone.topic_id, gone.letters, gone.why, done.read) == (old_id, 8, Gone.MADE_ANEW, 0)
    assert room.books() == BEFORE
    assert why_gone(room.topic.connection, room.letters()[0]) is Gone.MADE_ANEW


def test_without_a_cluster_all_originals_are_gone(room: Room) -> None:
    done = room.replay(connection=None)
    assert [(one.letters, one.why) for one in done.gone] == [(8, Gone.NO_TOPIC)]
    assert why_gone(None, room.letters()[0]) is Gone.NO_TOPIC
    assert room.books() == BEFORE


def test_of_two_replays_at_once_one_is_refused(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other is a whole one, between our reading of the letters and our note of them."""
    stage = LakeTable.stage

    def stage_late(table: LakeTable, rows: Any) -> Any:
        if table.name == "replays":
            monkeypatch.undo()
            room.replay()
        return stage(table, rows)

    monkeypatch.setattr(LakeTable, "stage", stage_late)
    with pytest.raises(IngestError, match="another replay is at its dead letters"):
        room.replay()
    assert room.books() == AFTER


def test_letters_of_an_intake_that_is_not_finished_wait(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.ingest.worker.test_half_written import cut_before  # noqa: PLC0415

    room.topic.send([event(30, "blog")], [None])
    cut_before(monkeypatch, "intakes", room.ingest)
    done = room.replay()
    assert (done.letters, done.read, done.waiting) == (9, 8, 1)
    room.ingest()
    assert room.replay().kept == {"hits": 1}
    assert room.books() == {**AFTER, "lines_in": 13, "kept": 10}
