"""What counts is on the disk: a power cut at any moment loses nothing that a mark stands for (strace shows the order)."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from footfall.simulate import write_web_log
from footfall.simulate.customers import SOURCES, write_customers
from ingest.sinks import ACCOUNTS, TABLES
from policy import load_policy
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.fire.trace import NAMES, Call, calls_of, losses, traced, without

SEED = 20261125
START = date(2026, 11, 2)


@pytest.mark.kafka
def test_what_a_mark_stands_for_is_on_the_disk_before_it(new_footfall: Callable[..., Footfall], tmp_path: Path) -> None:
    footfall = new_footfall(kafka=True)
    write_web_log(tmp_path, seed=SEED, start=START, days=1, visitors_a_day=10, progress=None)
    write_customers(tmp_path, load_policy(), seed=SEED, start=START, days=1, customers=10, visitors_a_day=5)
    footfall("ship", str(tmp_path / "*.log"))
    for source in SOURCES:
        footfall("ship", "--source", source, "--backfill", str(tmp_path / f"{source}.jsonl"))
    calls = traced(("ingest", "--drain", "--data", str(footfall.data)), footfall.environment, tmp_path / "trace")
    added, marks, own = commits(footfall)
    assert own
    assert losses(calls, added, own) == []
    forgotten = {
        "a file": lambda path: path.endswith(".parquet"),
        "a day's folder": lambda path: Path(path).name.startswith("event_date="),
        "a table's folder": lambda path: Path(path).name in TABLES,
        "a commit of delta-rs's": lambda path: path.endswith(".json"),
        "a commit of its own": lambda path: ".json#" in path,
        "the log's folder": lambda path: path.endswith("/_delta_log"),
        "the registry": lambda path: path.endswith("registry.db-wal"),
    }
    for what, is_it in forgotten.items():
        assert losses(without(calls, is_it), added, own), f"a program that forgets to flush {what} would not be noticed"
    accounts_are_last(calls, marks)


def commits(footfall: Footfall) -> tuple[dict[str, list[str]], dict[str, dict[str, int]], set[str]]:
    """Read the Delta logs: commit → files that it adds, commit → marks that it moves, and commits that the lake wrote itself."""
    added, marks, own = {}, {}, set()
    for table in TABLES:
        root = footfall.data / "lake" / "facts" / table
        for commit in sorted((root / "_delta_log").glob("*.json")):
            actions = [json.loads(line) for line in commit.read_text().splitlines()]
            added[str(commit)] = [str(root / action["add"]["path"]) for action in actions if "add" in action]
            marks[str(commit)] = {one["txn"]["appId"]: one["txn"]["version"] for one in actions if "txn" in one}
            if any(one.get("commitInfo", {}).get("engineInfo") == "Footfall" for one in actions):
                own.add(str(commit))
    return added, marks, own


def accounts_are_last(calls: list[Call], marks: dict[str, dict[str, int]]) -> None:
    """Check that of each intake the commit to `intakes` is the last."""
    at = {call.path: call.begun for call in calls if call.name in NAMES}
    is_counted = {
        mark: at[commit] for commit, moved in marks.items() if f"/{ACCOUNTS}/" in commit for mark in moved.items()
    }
    others = 0
    for commit, moved in marks.items():
        for mark in moved.items():
            if f"/{ACCOUNTS}/" not in commit:
                assert at[commit] < is_counted[mark], f"{commit} is later than the accounts"
                others += 1
    assert others


def test_a_trace_is_read_where_threads_cut_into_each_other() -> None:
    lines = [
        '7 openat(AT_FDCWD</w>, "/d/a b", O_WRONLY|O_CREAT, 0666) = 3</d/a b>',
        '8 openat(AT_FDCWD</w>, "/d/read", O_RDONLY) = 4</d/read>',
        '7 write(3</d/a b>, ""..., 9 <unfinished ...>',
        "8 fsync(3</d/a b> <unfinished ...>",
        "7 <... write resumed>)             = 9",
        "8 <... fsync resumed>)             = 0",
        '7 linkat(AT_FDCWD</w>, "/d/a b", AT_FDCWD</w>, "/d/c", 0) = 0',
        '7 mkdir("/d", 0700) = -1 EEXIST (File exists)',
        "7 +++ exited with 0 +++",
    ]
    assert list(calls_of(lines)) == [
        Call(0, 0, "openat", "/d/a b"),
        Call(2, 4, "write", "/d/a b"),
        Call(3, 5, "fsync", "/d/a b"),
        Call(6, 6, "linkat", "/d/c", "/d/a b"),
    ]


def test_a_flush_that_begins_before_the_last_write_ends_does_not_count() -> None:
    file, commit = "/t/x.parquet", "/t/_delta_log/1.json"
    write, name = Call(3, 5, "write", file), Call(8, 8, "linkat", commit)
    early, late = Call(4, 6, "fsync", file), Call(6, 7, "fsync", file)
    then = [Call(9, 9, "fsync", commit), Call(10, 10, "fsync", "/t/_delta_log")]
    assert losses([write, late, name, *then], {commit: [file]}) == []
    assert len(losses([write, early, name, *then], {commit: [file]})) == 1
    assert len(losses([write, late, name, then[1]], {commit: [file]})) == 1


def test_a_commit_of_ones_own_is_whole_before_it_has_its_name() -> None:
    commit, draft = "/t/_delta_log/1.json", "/t/_delta_log/1.json#7"
    make, write = Call(0, 0, "openat", draft), Call(1, 1, "write", draft)
    flush, name, folder = (
        Call(2, 2, "fsync", draft),
        Call(3, 3, "link", commit, draft),
        Call(6, 6, "fsync", "/t/_delta_log"),
    )
    assert losses([make, write, flush, name, folder], {commit: []}, {commit}) == []
    late = [Call(4, 4, "fsync", draft), Call(5, 5, "fsync", commit)]
    assert len(losses([make, write, name, *late, folder], {commit: []}, {commit})) == 1
    assert len(losses([make, write, flush, name], {commit: []}, {commit})) == 1
