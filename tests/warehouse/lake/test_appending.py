"""Commits that we write ourselves are those that delta-rs would write, and every handle sees the same log."""

import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from stat import S_ISDIR
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy import Policy
from policy.schemas import arrow_schema
from tests.warehouse.lake.conftest import NOON, Clock
from warehouse.lake import FencedError, Lake, LakeError, LakeTable
from warehouse.lake.log import Log

DAY, NEXT = date(2026, 11, 20), date(2026, 11, 21)
CHECKPOINT_EVERY = 20
WRITER = {"engineInfo", "clientVersion", "timestamp"}
ACCOUNT = {
    **dict.fromkeys(("intake", "source", "topic", "topic_id", "policy_version"), "text"),
    **dict.fromkeys(("partition", "offset_from", "offset_next", "lines_in", "kept"), 0),
    **dict.fromkeys(("dropped", "dead_letters"), ()),
    "taken_at": NOON,
}
Hits = Callable[..., pa.Table]


def actions_of(table: LakeTable, version: int) -> list[dict[str, Any]]:
    commit = table.root / "_delta_log" / f"{version:020d}.json"
    return [json.loads(line) for line in commit.read_text().splitlines()]


def by_delta(log: Log, files: Any, marks: Any, operation: str, _: Any) -> bool:
    return log.commit(files, marks, operation)


def log_of(table: LakeTable) -> list[str]:
    return sorted(path.name for path in (table.root / "_delta_log").iterdir())


def test_our_commit_says_what_delta_rs_says(lake: Lake, hits: Hits, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files and marks are committed in both ways; delta-rs writes out what is null, and who it is."""
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    staged = table.stage(hits(DAY, NEXT, NEXT))
    table.commit(staged, app_id="c/t/0", start=1, end=4)
    monkeypatch.setattr(Log, "append", by_delta)
    table.commit(staged, app_id="c/t/0", start=4, end=5)
    ours, theirs = actions_of(table, 2), actions_of(table, 3)
    assert [list(action) for action in ours] == [["commitInfo"], ["add"], ["add"], ["txn"]]
    about, theirs_about = ours[0]["commitInfo"], theirs[0]["commitInfo"]
    assert {key: about[key] for key in about if key not in WRITER} == {
        key: theirs_about[key] for key in theirs_about if key not in WRITER
    }
    assert about["engineInfo"] == "Footfall"
    adds = [action["add"] for action in theirs if "add" in action]
    assert [action["add"] for action in ours[1:3]] == [
        {key: value for key, value in add.items() if value is not None} for add in adds
    ]
    assert ours[3]["txn"] == {"appId": "c/t/0", "version": 4}
    assert theirs[3]["txn"] == {"appId": "c/t/0", "version": 5}


def test_others_read_our_commits(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    for offset in range(3):
        table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=offset, end=offset + 1)
    other = DeltaTable(str(table.root))
    assert (other.version(), other.transaction_version("c/t/0")) == (3, 3)
    assert sorted(Path(uri).name for uri in other.file_uris()) == sorted(Path(file).name for file in table.files())
    newest = other.history()[0]
    assert (newest["operation"], newest["op"], newest["engineInfo"]) == ("WRITE", "ingest", "Footfall")
    assert other.to_pyarrow_table().num_rows == 3


def test_delta_rs_makes_each_twentieth_commit_and_its_checkpoint(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    for offset in range(2 * CHECKPOINT_EVERY):
        assert table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=offset, end=offset + 1)
    assert [name for name in log_of(table) if "checkpoint" in name] == [
        "00000000000000000019.checkpoint.parquet",
        "00000000000000000039.checkpoint.parquet",
        "_last_checkpoint",
    ]
    writers = [actions_of(table, version)[0]["commitInfo"]["engineInfo"] for version in range(1, table.version + 1)]
    assert [version for version, writer in enumerate(writers, 1) if writer != "Footfall"] == [19, 39]
    (table.root / "_delta_log" / f"{5:020d}.json").unlink()
    again = DeltaTable(str(table.root))
    assert (again.transaction_version("c/t/0"), len(again.file_uris())) == (40, 40)


def test_a_name_that_another_took_is_not_written_over(
    lake: Lake, hits: Hits, policy: Policy, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before either wrote."""
    mine, other = lake.table("hits"), Lake(lake.root, policy, clock).table("hits")
    mine.commit(mine.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    other.refresh()
    mine.commit(mine.stage(hits(DAY)), app_id="c/t/0", start=1, end=2)
    before = actions_of(mine, 2)
    looks: list[bool] = []

    def late(log: Log) -> bool:
        """See nothing of the other at first."""
        looks.append(True)
        return len(looks) == 1 or newest(log)

    newest = Log._is_newest
    monkeypatch.setattr(Log, "_is_newest", late)
    assert other.commit(other.stage(hits(DAY)), app_id="c/t/1", start=0, end=1)
    assert actions_of(mine, 2) == before
    assert (other.version, other.mark("c/t/0"), other.mark("c/t/1")) == (3, 2, 1)
    assert [name for name in log_of(mine) if "#" in name] == []


def test_a_full_disk_is_one_line_and_leaves_no_commit_and_no_draft(
    lake: Lake, hits: Hits, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    before, staged = log_of(table), table.stage(hits(DAY))

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for module, name in ((os, "link"), (os, "fsync"), (Path, "open")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fail)
            with pytest.raises(LakeError, match=r"^hits: cannot commit: .*No space left on device\. Is the disk"):
                table.commit(staged, app_id="c/t/0", start=1, end=2)
        assert log_of(table) == before
    assert table.commit(staged, app_id="c/t/0", start=1, end=2)


def test_a_draft_that_a_crash_left_is_passed_over(lake: Lake, hits: Hits, policy: Policy, clock: Clock) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    for version in (1, 2, CHECKPOINT_EVERY - 1):
        (table.root / "_delta_log" / f"{version:020d}.json#{2**127}").write_text('{"txn"')
    for offset in range(1, CHECKPOINT_EVERY + 2):
        table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=offset, end=offset + 1)
    fresh = Lake(lake.root, policy, clock).table("hits")
    assert (fresh.version, fresh.mark("c/t/0"), fresh.read().num_rows) == (22, 22, 22)
    assert fresh.changed_days(1) == {DAY}
    table.vacuum()
    assert fresh.read().num_rows == 22


def test_drafts_of_long_ago_are_removed_and_no_others(lake: Lake, hits: Hits, clock: Clock) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    before = log_of(table)
    begun = {hours: table.root / "_delta_log" / f"{2:020d}.json#{hours}" for hours in (23, 25)}
    for hours, draft in begun.items():
        draft.write_text('{"txn"')
        at = (clock.now - timedelta(hours=hours)).timestamp()
        os.utime(draft, (at, at))
    commit = table.root / "_delta_log" / before[0]
    os.utime(commit, (0, 0))
    assert lake.vacuum() == 0
    assert log_of(table) == sorted([*before, begun[23].name])


def test_a_commit_is_flushed_before_it_has_its_name_and_is_as_readable_as_delta_rs_s(
    lake: Lake, hits: Hits, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    staged = table.stage(hits(DAY))
    done: list[str] = []
    flush, link = os.fsync, os.link

    def flushed(descriptor: int) -> None:
        done.append("flush of " + ("a folder" if S_ISDIR(os.fstat(descriptor).st_mode) else "a file"))
        flush(descriptor)

    def linked(draft: Path, commit: Path) -> None:
        done.append("name")
        link(draft, commit)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "link", linked)
    table.commit(staged, app_id="c/t/0", start=1, end=2)
    assert done == ["flush of a file", "name", "flush of a folder"]
    modes = {commit.stat().st_mode for commit in (table.root / "_delta_log").iterdir()}
    assert len(modes) == 1


def test_a_table_that_gains_foreign_features_is_refused_by_who_has_it_open(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=0, end=1)
    features = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"]}
    commit = table.root / "_delta_log" / f"{2:020d}.json"
    commit.write_text(json.dumps({"protocol": {**features, "writerFeatures": ["deletionVectors"]}}) + "\n")
    for _ in range(2):
        with pytest.raises(LakeError, match="asks for reader 3"):
            table.commit(table.stage(hits(DAY)), app_id="c/t/0", start=1, end=2)
    assert not (commit.parent / f"{3:020d}.json").exists()


@pytest.mark.parametrize("name", ["hits", "intakes"])
def test_files_that_a_handle_added_itself_are_known_without_reading(
    lake: Lake, hits: Hits, policy: Policy, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts have no days."""
    account = pa.Table.from_pylist([ACCOUNT], schema=arrow_schema(policy, "intakes"))
    table, rows = lake.table(name), hits(DAY, NEXT, NEXT) if name == "hits" else account
    table.commit(table.stage(rows), app_id="c/t/0", start=0, end=1)
    assert table.size()["rows"] == rows.num_rows
    monkeypatch.setattr(DeltaTable, "load_as_version", None)
    for offset in range(1, 4):
        table.commit(table.stage(rows), app_id="c/t/0", start=offset, end=offset + 1)
        fresh = Lake(lake.root, policy, Clock()).table(name)
        assert table.size() == fresh.size()
        assert table.files([NEXT] if name == "hits" else None) == fresh.files([NEXT] if name == "hits" else None)
        assert table.size()["rows"] == (offset + 1) * rows.num_rows


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["commit", "commit", "files", "marks", "remove", "refresh"])),
    min_size=4,
    max_size=24,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_handles_that_take_turns_see_one_log(
    steps: list[tuple[int, str]], hits: Hits, policy: Policy, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two workers, and what a new handle reads: between looks a handle stays at its version in all that it says."""
    root = tmp_path_factory.mktemp("lake")
    tables = [Lake(root, policy, clock).table("hits") for _ in range(2)]
    committed = [0, 0]
    files: dict[int, tuple[list[str], list[date], dict[str, int]]] = {-1: ([], [], {"rows": 0, "files": 0, "bytes": 0})}
    marks: dict[int, list[int]] = {-1: [0, 0]}
    for who, what in steps:
        table, app_id, mark = tables[who], f"c/t/{who}", committed[who]
        if what == "commit":
            staged = table.stage(hits(DAY, DAY, NEXT))
            assert table.commit(staged, app_id=app_id, start=mark, end=mark + 1)
            committed[who] += 1
            with pytest.raises(FencedError):
                table.commit(staged, app_id=app_id, start=mark - 1, end=mark + 2)
        elif what == "remove":
            table.remove_days([DAY])
        elif what == "refresh":
            table.refresh()
            assert table.version == max(files)
        fresh = Lake(root, policy, clock).table("hits")
        assert marks_of(fresh) == committed
        files[fresh.version], marks[fresh.version] = files_of(fresh), marks_of(fresh)
        if what == "files":
            assert files_of(table) == files[table.version]
        elif what == "marks":
            assert marks_of(table) == marks[table.version]


def files_of(table: LakeTable) -> tuple[list[str], list[date], dict[str, int]]:
    return table.files(), table.days(), table.size()


def marks_of(table: LakeTable) -> list[int]:
    return [table.mark(f"c/t/{one}") or 0 for one in range(2)]
