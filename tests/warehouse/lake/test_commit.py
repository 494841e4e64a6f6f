"""Rows and marks move together, once, or not at all."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from policy import Policy, PolicyError
from tests.warehouse.lake.conftest import Clock, put
from warehouse.lake import FencedError, Lake, LakeError
from warehouse.lake.log import CHECKPOINT_INTERVAL, CONFIGURATION

DAY, NEXT = date(2026, 11, 20), date(2026, 11, 21)
CHECKPOINT_EVERY = 20
Hits = Callable[..., pa.Table]


def test_staged_rows_are_invisible_until_their_commit(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    staged = table.stage(hits(DAY))
    assert (table.exists, table.files(), table.mark("c/t/0")) == (False, [], None)
    assert table.commit(staged, app_id="c/t/0", start=0, end=1)
    assert (table.read().num_rows, table.mark("c/t/0")) == (1, 1)


def test_the_same_intake_again_writes_nothing(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    staged = table.stage(hits(DAY, NEXT))
    assert table.commit(staged, app_id="c/t/0", start=0, end=2)
    assert not table.commit(staged, app_id="c/t/0", start=0, end=2)
    assert table.read().num_rows == 2


@pytest.mark.parametrize(("start", "end"), [(1, 3), (0, 1), (0, 3), (1, 4)])
def test_a_moved_mark_fences(lake: Lake, hits: Hits, start: int, end: int) -> None:
    """Anything but 'at or below the start' or 'at the end' is another worker's doing; Delta itself would accept it."""
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY, DAY)), app_id="c/t/0", start=0, end=2)
    with pytest.raises(FencedError, match=r"stands at 2, but this worker holds offsets \d to \d"):
        table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=start, end=end)
    assert table.read().num_rows == 2


def test_a_mark_below_the_start_is_a_sink_that_had_no_rows(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    assert table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=7, end=9)
    assert table.mark("c/t/0") == 9


def test_a_zombie_with_an_old_handle_is_fenced(lake: Lake, hits: Hits, policy: Policy, clock: Clock) -> None:
    zombie = Lake(lake.root, policy, clock).table("hits")
    mine = lake.table("hits")
    held = zombie.stage(hits(DAY))
    mine.commit(mine.stage(hits(DAY, DAY)), app_id="c/t/0", start=0, end=2)
    with pytest.raises(FencedError):
        zombie.commit(held, app_id="c/t/0", start=0, end=1)


def test_two_partitions_commit_at_once_and_both_stay(lake: Lake, hits: Hits, policy: Policy, clock: Clock) -> None:
    lake.table("hits").commit(lake.table("hits").stage(hits(DAY)), app_id="c/t/9", start=0, end=1)
    workers, start = 4, Barrier(4)

    def work(number: int) -> None:
        table = Lake(lake.root, policy, clock).table("hits")
        start.wait()
        for offset in range(5):
            table.commit(table.stage(hits(DAY)), app_id=f"c/t/{number}", start=offset, end=offset + 1)

    threads = [Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table = lake.table("hits")
    assert table.read().num_rows == 1 + workers * 5
    assert [table.mark(f"c/t/{number}") for number in range(workers)] == [5] * workers


def test_files_staged_too_long_ago_are_not_committed(lake: Lake, hits: Hits, clock: Clock) -> None:
    table = lake.table("hits")
    staged = table.stage(hits(DAY))
    clock.now += timedelta(hours=1, seconds=1)
    with pytest.raises(LakeError, match="too old to commit"):
        table.commit(staged, app_id="c/t/0", start=0, end=1)


@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_staged_file_that_was_harmed_is_not_committed(lake: Lake, hits: Hits, harm: str) -> None:
    table = lake.table("hits")
    staged = table.stage(hits(DAY))
    path = table.root / staged.files[0].path
    path.unlink() if harm == "gone" else path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LakeError, match="is gone or was cut"):
        table.commit(staged, app_id="c/t/0", start=0, end=1)


def test_a_column_that_the_policy_does_not_declare_cannot_be_written(lake: Lake, hits: Hits) -> None:
    """R2: the address itself, of all columns."""
    with pytest.raises(PolicyError, match="address"):
        lake.table("hits").stage(hits(DAY).append_column("address", pa.array(["192.0.2.1"])))


def test_files_carry_purpose_and_clause_and_only_the_owner_reads_them(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    (file,) = table.files()
    metadata = pq.read_schema(file).field("country").metadata
    assert metadata[b"clause"] == b"R6"
    assert b"geo_statistics" in metadata[b"purpose"]
    assert Path(file).stat().st_mode & 0o077 == 0
    assert table.root.stat().st_mode & 0o077 == 0


def test_the_log_shows_bounds_of_the_declared_columns_only(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY, path="/nobody/should/see/this")), app_id="c/t/0", start=0, end=1)
    log = (table.root / "_delta_log" / f"{1:020d}.json").read_text()
    (add,) = [json.loads(line)["add"] for line in log.splitlines() if '"add"' in line]
    assert set(json.loads(add["stats"])["minValues"]) == {"event_time", "status", "bytes"}
    assert "/nobody" not in log


def test_a_table_with_foreign_features_is_refused(lake: Lake, hits: Hits) -> None:
    """Deletion vectors would bring deleted rows back without a word."""
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    commit = table.root / "_delta_log" / f"{2:020d}.json"
    features = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"],
    }
    commit.write_text(json.dumps({"protocol": features}) + "\n")
    with pytest.raises(LakeError, match="asks for reader 3"):
        Lake(lake.root, lake.policy, Clock()).table("hits")


def test_an_unknown_table_is_one_clear_line(lake: Lake) -> None:
    with pytest.raises(LakeError, match="declares no table 'people'"):
        lake.table("people")


def test_tables_stay_at_the_oldest_protocol(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    protocol = DeltaTable(str(table.root)).protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)


def test_a_folder_that_cannot_be_made_is_one_line(lake: Lake, hits: Hits) -> None:
    lake.root.write_text("")
    with pytest.raises(LakeError, match=r"hits: cannot make .* File exists"):
        lake.table("hits").stage(hits(DAY))


@pytest.mark.parametrize(
    "error", [OSError("Generic LocalFileSystem error\n \x1b[31m↳\x1b[0m full"), DeltaError("full")]
)
def test_a_commit_that_fails_is_one_line_and_can_be_tried_again(
    lake: Lake, hits: Hits, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A full disk: delta-rs raises an OSError of several lines in colour. It makes the commits behind which a checkpoint is due."""
    monkeypatch.setitem(CONFIGURATION, CHECKPOINT_INTERVAL, "1")
    table = lake.table("hits")
    staged = table.stage(hits(DAY))

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(DeltaTable, "create_write_transaction", fail)
        with pytest.raises(
            LakeError, match=r"^hits: cannot commit: (Generic LocalFileSystem error )?full\. Is the disk"
        ):
            table.commit(staged, app_id="c/t/0", start=0, end=1)
    assert table.commit(staged, app_id="c/t/0", start=0, end=1)


def test_a_commit_that_is_there_already_is_flushed_before_it_counts(
    lake: Lake, hits: Hits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote it may have been killed between the commit and its flush."""
    table = lake.table("hits")
    staged = table.stage(hits(DAY))
    table.commit(staged, app_id="c/t/0", start=0, end=1)
    flushed: list[Path] = []
    monkeypatch.setattr("warehouse.lake.log.sync_file", flushed.append)
    assert not table.commit(staged, app_id="c/t/0", start=0, end=1)
    assert table.root / "_delta_log" / f"{1:020d}.json" in flushed


def test_a_table_that_another_made_is_flushed_before_anything_is_added(
    lake: Lake, hits: Hits, policy: Policy, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its maker may have been killed between making it and the flush; commits on top of it would then hang in the air."""
    put(lake, "hits", hits(DAY))
    flushed: list[Path] = []
    monkeypatch.setattr("warehouse.lake.log.sync_file", flushed.append)
    monkeypatch.setattr("warehouse.lake.log.sync_folder", flushed.append)
    other = Lake(lake.root, policy, clock).table("hits")
    other.commit(other.stage(hits(DAY)), app_id="c/t/1", start=0, end=1)
    log = other.root / "_delta_log"
    assert flushed[0] == other.root
    assert [path for path in flushed if path.name == f"{0:020d}.json"] == [log / f"{0:020d}.json"]
    other.commit(other.stage(hits(DAY)), app_id="c/t/1", start=1, end=2)
    assert flushed.count(other.root) == 1  # once a handle


def test_a_folder_that_delta_would_take_for_another_is_refused(tmp_path: Path, policy: Policy, clock: Clock) -> None:
    """Of `a%20b`, delta-rs makes `a b`."""
    with pytest.raises(LakeError, match="reads %20 in a path as another sign"):
        Lake(tmp_path / "a%20b", policy, clock)
    assert Lake(tmp_path / "100% [mine] #1?", policy, clock).table("hits").version == -1


def test_what_others_commit_is_seen_though_old_commits_are_cleaned_away(
    lake: Lake, hits: Hits, policy: Policy, clock: Clock
) -> None:
    """Delta cleans commits away from the oldest on, behind a checkpoint: first what a handle has seen, then what comes next."""
    put(lake, "hits", hits(DAY))
    handles = [Lake(lake.root, policy, clock).table("hits") for _ in range(3)]
    for offset in range(1, CHECKPOINT_EVERY + 1):
        put(lake, "hits", hits(NEXT), offset)
    newest = lake.table("hits").version
    assert [table.version for table in handles] == [1, 1, 1]
    for table, cleaned in zip(handles, (0, 2, CHECKPOINT_EVERY - 1), strict=True):
        for version in range(cleaned):
            (table.root / "_delta_log" / f"{version:020d}.json").unlink(missing_ok=True)
        table.refresh()
        assert (table.version, table.mark("c/t/0")) == (newest, CHECKPOINT_EVERY + 1)
        assert table.size()["rows"] == table.read().num_rows == CHECKPOINT_EVERY + 1
