"""Keys are made once, opened only with their master, and gone without a trace when destroyed (T1, R48)."""

import pickle
import secrets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from warehouse.keyring import Keyring, KeyringError, MasterKey
from warehouse.registry import Registry, RegistryError, schema, sqlite_url

DAY = date(2026, 11, 9)
NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
LATE = timedelta(hours=48)
MASTER = bytes(range(32))


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(sqlite_url(tmp_path)) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring(registry: Registry, clock: Clock) -> Keyring:
    return Keyring(registry, MasterKey(MASTER), clock)


def wrapped_keys(registry: Registry) -> list[bytes]:
    with registry.read() as connection:
        return [key for key in connection.execute(sa.select(schema.keys.c.wrapped)).scalars() if key is not None]


def bytes_on_disk(tmp_path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted((tmp_path / "registry").iterdir()))


def test_keys_are_made_on_first_use_and_stay(registry: Registry, keyring: Keyring) -> None:
    again = Keyring(registry, MasterKey(MASTER), Clock(NOON + timedelta(days=400)))
    assert len(keyring.import_key()) == 16
    assert len(keyring.day_key(DAY)) == 16
    assert again.import_key() == keyring.import_key()
    assert again.day_key(DAY) == keyring.day_key(DAY)


def test_each_key_is_its_own(keyring: Keyring) -> None:
    days = [keyring.day_key(DAY + timedelta(days=ahead)) for ahead in range(20)]
    assert len({keyring.import_key(), *days}) == 21


def test_no_key_stands_open_on_disk(keyring: Keyring, tmp_path: Path) -> None:
    keys = [keyring.import_key(), keyring.day_key(DAY), MASTER]
    assert not any(key in bytes_on_disk(tmp_path) for key in keys)


def test_threads_with_their_own_registry_agree(tmp_path: Path) -> None:
    together = Barrier(6)

    def ask(_: int) -> tuple[bytes, ...]:
        with Registry.open(sqlite_url(tmp_path)) as registry:
            keyring = Keyring(registry, MasterKey(MASTER), Clock())
            together.wait()
            return (keyring.import_key(), *(keyring.day_key(DAY + timedelta(days=ahead)) for ahead in range(5)))

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(ask, range(6)))
    assert len(answers) == 1


def test_two_processes_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from datetime import UTC, date, datetime; from warehouse.keyring import Keyring, MasterKey; "
        "from warehouse.registry import Registry; registry = Registry.open(sys.argv[1]); "
        "keyring = Keyring(registry, MasterKey(bytes(range(32))), lambda: datetime(2026, 11, 9, 12, tzinfo=UTC)); "
        "sys.stdin.readline(); print(keyring.day_key(date(2026, 11, 9)).hex())"
    )
    line = [sys.executable, "-c", program, sqlite_url(tmp_path)]
    running = [subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = {process.communicate("go\n", timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0]
    with Registry.open(sqlite_url(tmp_path)) as registry:
        mine = Keyring(registry, MasterKey(MASTER), Clock()).day_key(DAY)
    assert answers == {mine.hex() + "\n"}


# The key of the 9th is made at noon of that day, or later by an import; its window counts from the later of the
# making and the day's end.
@pytest.mark.parametrize(
    ("made", "asked", "gone"),
    [
        (NOON, datetime(2026, 11, 11, 23, 59, 59, tzinfo=UTC), False),
        (NOON, datetime(2026, 11, 12, tzinfo=UTC), True),
        (datetime(2027, 1, 5, 8, tzinfo=UTC), datetime(2027, 1, 7, 7, 59, tzinfo=UTC), False),
        (datetime(2027, 1, 5, 8, tzinfo=UTC), datetime(2027, 1, 7, 8, tzinfo=UTC), True),
    ],
)
def test_a_day_key_lives_through_its_window(
    keyring: Keyring, clock: Clock, made: datetime, asked: datetime, *, gone: bool
) -> None:
    clock.at = made
    before = keyring.day_key(DAY)
    clock.at = asked
    assert keyring.destroy_expired_day_keys(LATE) == ([DAY] if gone else [])
    assert (keyring.day_key(DAY) != before) is gone
    assert keyring.inexact_days() == ({DAY: 2} if gone else {})


def test_a_destroyed_key_leaves_no_bytes(keyring: Keyring, registry: Registry, clock: Clock, tmp_path: Path) -> None:
    keyring.import_key()
    (kept,) = wrapped_keys(registry)
    keyring.day_key(DAY)
    (wrapped,) = set(wrapped_keys(registry)) - {kept}
    assert wrapped in bytes_on_disk(tmp_path)
    clock.at = NOON + timedelta(days=10)
    keyring.destroy_expired_day_keys(LATE)
    assert wrapped not in bytes_on_disk(tmp_path)
    assert kept in bytes_on_disk(tmp_path)


def test_destruction_is_written_down(keyring: Keyring, registry: Registry, clock: Clock) -> None:
    keyring.day_key(DAY)
    clock.at = NOON + timedelta(days=10)
    keyring.destroy_expired_day_keys(LATE)
    with registry.read() as connection:
        (row,) = connection.execute(sa.select(schema.keys)).all()
    assert row == ("day", "2026-11-09", 1, None, NOON, clock.at)
    assert keyring.destroy_expired_day_keys(LATE) == []


def test_the_import_key_outlives_every_window(keyring: Keyring, clock: Clock) -> None:
    before = keyring.import_key()
    clock.at = NOON + timedelta(days=4000)
    keyring.destroy_expired_day_keys(LATE)
    assert keyring.import_key() == before


def test_another_process_forgets_within_a_minute(keyring: Keyring, registry: Registry, clock: Clock) -> None:
    worker_clock = Clock()
    worker = Keyring(registry, MasterKey(MASTER), worker_clock)
    before = worker.day_key(DAY)
    clock.at = NOON + timedelta(days=10)
    assert keyring.destroy_expired_day_keys(LATE) == [DAY]
    worker_clock.at = NOON + timedelta(seconds=61)
    assert worker.day_key(DAY + timedelta(days=1)) != before
    assert before not in worker._keys.values()
    assert worker.day_key(DAY) != before


def test_a_reader_in_the_way_is_named(
    keyring: Keyring, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.registry.connect.BUSY_S", 0.05)
    keyring.day_key(DAY)
    with Registry.open(sqlite_url(tmp_path)) as mine:
        nightly = Keyring(mine, MasterKey(MASTER), clock)
        with keyring._registry.read() as connection:
            connection.execute(sa.select(schema.keys)).all()
            clock.at = NOON + timedelta(days=10)
            with pytest.raises(RegistryError, match="another program has been reading"):
                nightly.destroy_expired_day_keys(LATE)
        assert nightly.destroy_expired_day_keys(LATE) == []
        assert wrapped_keys(mine) == []


def test_another_master_opens_nothing_and_adds_nothing(keyring: Keyring, registry: Registry) -> None:
    keyring.import_key()
    stranger = Keyring(registry, MasterKey(secrets.token_bytes(32)), Clock())
    with pytest.raises(KeyringError, match="does not open this registry"):
        stranger.import_key()
    with pytest.raises(KeyringError, match="does not open this registry"):
        stranger.day_key(DAY)
    assert len(wrapped_keys(registry)) == 1


def test_a_new_master_opens_the_old_keys(keyring: Keyring, registry: Registry, tmp_path: Path) -> None:
    keys, wrapped = (keyring.import_key(), keyring.day_key(DAY)), wrapped_keys(registry)
    new = MasterKey(secrets.token_bytes(32))
    assert keyring.rotate_master(new) == 2
    assert not any(old in bytes_on_disk(tmp_path) for old in wrapped)
    fresh = Keyring(registry, new, Clock())
    assert (fresh.import_key(), fresh.day_key(DAY)) == keys
    assert keyring.day_key(DAY + timedelta(days=1)) == fresh.day_key(DAY + timedelta(days=1))
    with pytest.raises(KeyringError, match="does not open"):
        Keyring(registry, MasterKey(MASTER), Clock()).day_key(DAY)


def test_a_rotation_that_fails_changes_nothing(keyring: Keyring, registry: Registry) -> None:
    keyring.import_key()
    keyring.day_key(DAY)
    before = wrapped_keys(registry)
    stranger = Keyring(registry, MasterKey(secrets.token_bytes(32)), Clock())
    with pytest.raises(KeyringError):
        stranger.rotate_master(MasterKey(secrets.token_bytes(32)))
    assert wrapped_keys(registry) == before


def test_nothing_shows_a_key(keyring: Keyring) -> None:
    master = MasterKey(MASTER)
    shown = f"{master!r} {master} {keyring!r} {vars(keyring)['_store']!r} {vars(vars(keyring)['_store'])['_master']!r}"
    keys = [MASTER, keyring.import_key(), keyring.day_key(DAY)]
    assert not any(key.hex() in shown or repr(key)[2:-1] in shown for key in keys)
    with pytest.raises(TypeError):
        pickle.dumps(master)
