"""What a program asked of the file system, in order, as strace saw it; and what a power cut at any moment could lose."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import pytest

REQUIRED: Final = "REQUIRE_STRACE"
WRITES: Final = frozenset({"write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate"})
SYNCS: Final = frozenset({"fsync", "fdatasync"})
NAMES: Final = frozenset({"rename", "renameat", "renameat2", "link", "linkat"})
FOLDERS: Final = frozenset({"mkdir", "mkdirat"})
OPENS: Final = frozenset({"openat"})
LINE: Final = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<words>.*)\) += (?P<code>-?\d+).*")
BEGUN: Final = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<words>.*) <unfinished \.\.\.>")
ENDED: Final = re.compile(r"(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<words>.*)\) += (?P<code>-?\d+).*")
HANDLE: Final = re.compile(r"\d+<(?P<path>[^>]*)>")
QUOTED: Final = re.compile(r'"(?P<path>[^"]*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that succeeded.

    Attributes:
        begun, ended: the lines of the trace where it begins and ends; a call of another thread may lie between.
        name: the call.
        path: what it wrote, flushed or made; of a new name, that name.
        draft: of a new name, the one that it had before.
    """

    begun: int
    ended: int
    name: str
    path: str
    draft: str = ""


def traced(words: Sequence[str], environment: Mapping[str, str], trace: Path) -> list[Call]:
    """Run a verb under strace; give what it and its threads asked of the file system.

    Where there is no strace, or it may not trace, the test is skipped, or fails when REQUIRE_STRACE is 1, as in CI.
    """
    if shutil.which("strace") is None:
        _lacking("strace is not installed (Debian: apt-get install strace)")
    calls = ",".join(sorted(WRITES | SYNCS | NAMES | FOLDERS | OPENS))
    strace = ["strace", "-f", "--seccomp-bpf", "-y", "-s", "0", "-e", "signal=none", "-e", f"trace={calls}"]
    # With "-s 0" no content is in the trace, but names of files would be cut as well: they are never.
    done = subprocess.run(
        [*strace, "-o", str(trace), sys.executable, "-m", "footfall", *words],
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    if not trace.is_file() or not trace.stat().st_size:
        _lacking(f"strace may not trace here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return list(calls_of(trace.read_text("utf-8", "replace").splitlines()))


def calls_of(lines: Iterable[str]) -> Iterator[Call]:
    """Read the lines of a trace, whose calls may be cut in two by those of other threads; calls that failed are left out."""
    open_calls: dict[tuple[str, str], tuple[int, str]] = {}
    for number, line in enumerate(lines):
        if cut := BEGUN.fullmatch(line):
            open_calls[cut["pid"], cut["name"]] = (number, cut["words"])
            continue
        begun, words = number, ""
        found = LINE.fullmatch(line)
        if rest := ENDED.fullmatch(line):
            found = rest
            begun, words = open_calls.pop((rest["pid"], rest["name"]), (number, ""))
        if found is None or int(found["code"]) < 0:
            continue
        if paths := _paths(found["name"], words + found["words"]):
            yield Call(begun, number, found["name"], paths[-1], paths[0] if found["name"] in NAMES else "")


def losses(calls: Sequence[Call], added: Mapping[str, Sequence[str]], own: Collection[str] = ()) -> list[str]:
    """Say what a power cut could lose of what later commits rely on; nothing, where everything was flushed in time.

    Before a commit gets its name, what it adds must be on the disk, and so must be all that other sinks wrote of the intake: the
    files that it names, their folders, the registry. Before anything else gets a name, the commit itself must be; what it
    says even before it has its own, where the lake has written it.

    Args:
        calls: of one program.
        added: commit → the files that it adds, absolute paths.
        own: the commits that delta-rs has not written.
    """
    found: list[str] = []
    commits = [call for call in calls if call.name in NAMES and call.path in added]
    for call, then in zip(commits, [*(one.begun for one in commits[1:]), sys.maxsize], strict=False):
        for file in added[call.path]:
            found += _unflushed(calls, file, call.begun, of=lambda one: one.name in WRITES | OPENS)
            found += _unflushed(calls, _parent(file), call.begun, of=_makes(file), path=file)
        for made in (one for one in calls if one.name in FOLDERS and call.path.startswith(f"{_parent(one.path)}/")):
            found += _unflushed(calls, _parent(made.path), call.begun, of=_makes(made.path), path=made.path)
        for log in {one.path for one in calls if one.path.endswith("registry.db-wal") and one.name in WRITES}:
            found += _unflushed(calls, log, call.begun, of=lambda one: one.name in WRITES)
        if call.path in own:
            found += _unflushed(calls, call.draft, call.begun, of=lambda one: one.name in WRITES | OPENS)
        for path in ([] if call.path in own else [call.path]) + [_parent(call.path)]:
            if not any(_flushes(one, path) and call.ended < one.begun and one.ended < then for one in calls):
                found.append(f"{path} is not flushed between its commit and the next")
    return found


def without(calls: Iterable[Call], flushes_of: Callable[[str], bool]) -> list[Call]:
    """Leave out the flushes of some paths, as a program would that had forgotten them."""
    return [call for call in calls if call.name not in SYNCS or not flushes_of(call.path)]


def _unflushed(
    calls: Sequence[Call], flushed: str, before: int, *, of: Callable[[Call], bool], path: str = ""
) -> list[str]:
    path = path or flushed
    changes = [one for one in calls if one.path == path and of(one) and one.begun < before]
    if not changes:
        return []
    last = max(one.ended for one in changes)
    if any(_flushes(one, flushed) and last < one.begun and one.ended < before for one in calls):
        return []
    return [f"{flushed} is not flushed between the last change of {path} and the commit"]


def _flushes(call: Call, path: str) -> bool:
    return call.name in SYNCS and call.path == path


def _makes(path: str) -> Callable[[Call], bool]:
    return lambda call: call.name in FOLDERS | OPENS and call.path == path


def _paths(name: str, words: str) -> list[str]:
    """Give the paths that a call is about; none when it only reads."""
    if name in WRITES | SYNCS:
        handle = HANDLE.match(words)
        return [handle["path"]] if handle else []
    if name in OPENS and "O_CREAT" not in words:
        return []
    return [one["path"] for one in QUOTED.finditer(words)]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _lacking(what: str) -> NoReturn:
    """Skip where strace is a convenience; fail where it was promised (REQUIRE_STRACE=1, as in CI)."""
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{what}, but {REQUIRED} is 1")
    pytest.skip(what)
