"""The file of the master key: rotated so that a crash between any two steps loses nothing (R48)."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from threading import Barrier
from typing import Any, Final

import pytest
import sqlalchemy as sa

from warehouse.keyring import Keyring, KeyringError, MasterKey
from warehouse.keys.master_file import open_master, rotate_master_file
from warehouse.registry import Registry, schema, sqlite_url

NOON: Final = datetime(2026, 11, 9, 12, tzinfo=UTC)
STEPS: Final = (
    "warehouse.keys.master_file.create_master_file",
    "warehouse.master_key.os.link",
    "warehouse.keys.master_file.MasterKey.from_file",
    "warehouse.keyring.Keyring.wrap_again",
    "warehouse.keys.master_file._take_place",
    "warehouse.keys.master_file.sync_folder",
    "warehouse.keyring.Keyring.forget_wrappings",
)
SEAMS: Final = [(step, when) for step in STEPS for when in ("before", "after")]


class StoppedError(Exception):
    """Stands for whatever ends a program."""


def stop() -> None:
    raise StoppedError


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def nothing(_: pytest.MonkeyPatch) -> None:
    return


def interrupt(patch: pytest.MonkeyPatch, step: str, when: str, end: Callable[[], None]) -> None:
    """Let `end` come before a step of the rotation, or right after it."""
    whole = resolve_name(step.replace(".MasterKey", ":MasterKey").replace(".Keyring", ":Keyring"))

    def broken(*arguments: Any, **named: Any) -> Any:
        if when == "before":
            end()
        result = whole(*arguments, **named)
        end()
        return result

    patch.setattr(step, broken)


def rotate(folder: Path, sabotage: Callable[[pytest.MonkeyPatch], None] = nothing) -> int:
    """Open a warehouse's keys as the command does, and rotate the master."""
    with Registry.open(sqlite_url(folder)) as registry, pytest.MonkeyPatch.context() as patch:
        keyring = Keyring(registry, open_master(folder / "keys" / "master.key", registry), lambda: NOON)
        sabotage(patch)
        return rotate_master_file(folder / "keys" / "master.key", keyring)


def rotate_and_die(folder: Path, step: str, when: str) -> None:
    """Be the body of a process that is killed."""
    rotate(folder, partial(interrupt, step=step, when=when, end=kill))


def keys_of(folder: Path) -> list[bytes]:
    """Open a warehouse's keys anew, and give some."""
    with Registry.open(sqlite_url(folder)) as registry:
        keyring = Keyring(registry, open_master(folder / "keys" / "master.key", registry), lambda: NOON)
        return [keyring.import_key(), keyring.file_key("profile", "2026-11")[1], keyring.purpose_key("service")]


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "keys").iterdir())


def test_a_rotation_changes_the_file_and_no_key(tmp_path: Path) -> None:
    keys, before = keys_of(tmp_path), (tmp_path / "keys" / "master.key").read_bytes()
    assert rotate(tmp_path) == 3
    after = (tmp_path / "keys" / "master.key").read_bytes()
    assert (len(after), after == before) == (32, False)
    assert names(tmp_path) == ["master.key"]
    assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o777 == 0o600
    assert keys_of(tmp_path) == keys
    with Registry.open(sqlite_url(tmp_path)) as registry, pytest.raises(KeyringError, match="rotated on 2026-11-09"):
        Keyring(registry, MasterKey(before), lambda: NOON).import_key()


@pytest.mark.parametrize(("step", "when"), SEAMS)
def test_a_rotation_that_fails_at_any_step_loses_nothing(tmp_path: Path, step: str, when: str) -> None:
    keys = keys_of(tmp_path)
    with pytest.raises(StoppedError):
        rotate(tmp_path, partial(interrupt, step=step, when=when, end=stop))
    assert keys_of(tmp_path) == keys
    assert rotate(tmp_path) == 3
    assert keys_of(tmp_path) == keys
    assert names(tmp_path) == ["master.key"]


@pytest.mark.parametrize(("step", "when"), SEAMS)
def test_a_rotation_that_is_killed_at_any_step_loses_nothing(tmp_path: Path, step: str, when: str) -> None:
    keys = keys_of(tmp_path)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warehouse.keys.master_file"])  # or each child would import for a second
    process = context.Process(target=rotate_and_die, args=(tmp_path, step, when))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert keys_of(tmp_path) == keys
    assert rotate(tmp_path) == 3
    assert keys_of(tmp_path) == keys
    assert names(tmp_path) == ["master.key"]


def test_a_step_that_fails_in_the_database_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of the keys cannot be wrapped again: neither are the others, and the file stays."""
    keys, before = keys_of(tmp_path), (tmp_path / "keys" / "master.key").read_bytes()
    wrap, calls = MasterKey.wrap, []

    def break_at_the_third(self: MasterKey, key: bytes, key_id: str) -> bytes:
        calls.append(key_id)
        if len(calls) == 4:  # the first one compares the two masters
            raise StoppedError
        return wrap(self, key, key_id)

    monkeypatch.setattr(MasterKey, "wrap", break_at_the_third)
    with pytest.raises(StoppedError):
        rotate(tmp_path)
    monkeypatch.undo()
    assert (tmp_path / "keys" / "master.key").read_bytes() == before
    assert keys_of(tmp_path) == keys


def test_a_next_key_that_opens_nothing_is_left_alone(tmp_path: Path) -> None:
    keys = keys_of(tmp_path)
    following = tmp_path / "keys" / "master.key.next"
    following.write_bytes(bytes(32))
    following.chmod(0o600)
    assert keys_of(tmp_path) == keys
    assert names(tmp_path) == ["master.key", "master.key.next"]


def test_many_finish_one_rotation(tmp_path: Path) -> None:
    keys = keys_of(tmp_path)
    with pytest.raises(StoppedError):
        rotate(tmp_path, partial(interrupt, step="warehouse.keys.master_file._take_place", when="before", end=stop))
    assert names(tmp_path) == ["master.key", "master.key.next"]
    together = Barrier(6)

    def ask(_: int) -> list[bytes]:
        together.wait()
        return keys_of(tmp_path)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == [keys] * 6
    assert names(tmp_path) == ["master.key"]


def test_a_lost_master_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    keys_of(tmp_path)
    (tmp_path / "keys" / "master.key").rename(tmp_path / "copy")
    with pytest.raises(KeyringError, match=r"^there is no master key at .*; put your copy of it back$"):
        keys_of(tmp_path)
    assert names(tmp_path) == []


def test_a_master_kept_elsewhere_stays_there(tmp_path: Path) -> None:
    keys = keys_of(tmp_path)
    link, elsewhere = tmp_path / "keys" / "master.key", tmp_path / "stick"
    elsewhere.mkdir()
    link.rename(elsewhere / "footfall.key")
    link.symlink_to(elsewhere / "footfall.key")
    before = (elsewhere / "footfall.key").read_bytes()
    rotate(tmp_path)
    assert link.is_symlink()
    assert (elsewhere / "footfall.key").read_bytes() != before
    assert keys_of(tmp_path) == keys


def test_nothing_of_an_old_master_opens_the_new_registry(tmp_path: Path) -> None:
    """The old wrappings are gone from the files, so a stolen old master opens what was copied before, and no more."""
    keys_of(tmp_path)
    old = MasterKey((tmp_path / "keys" / "master.key").read_bytes())
    with Registry.open(sqlite_url(tmp_path)) as registry:
        wrapped = [row.wrapped for row in _wrapped(registry)]
        rotate(tmp_path)
        content = b"".join(file.read_bytes() for file in (tmp_path / "registry").iterdir())
        assert len(wrapped) == 3
        assert not any(one in content for one in wrapped)
        assert all(one in content for one in (row.wrapped for row in _wrapped(registry)))
        with pytest.raises(KeyringError, match="does not open"):
            old.unwrap(_wrapped(registry)[0].wrapped, "import//1")


def _wrapped(registry: Registry) -> list[Any]:
    keys = schema.keys.c
    with registry.read() as connection:
        return list(connection.execute(sa.select(keys.wrapped).where(keys.wrapped.is_not(None))).all())
