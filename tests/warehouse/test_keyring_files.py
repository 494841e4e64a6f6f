"""Keys of files and purposes: made once, followed by generations, unreadable when destroyed, never shown (R47, R48)."""

import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from policy.errors import UsageError
from warehouse.keyring import KeyRecord, Keyring, KeyringError, MasterKey
from warehouse.registry import Registry, schema, sqlite_url

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
MASTER = bytes(range(32))
MONTH = "2026-11"


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


def destroy(registry: Registry, purpose: str, period: str) -> None:
    """Destroy all keys of a purpose and period, as retention does."""
    keys = schema.keys.c
    chosen = sa.and_(keys.purpose == purpose, keys.period == period)
    with registry.write() as connection:
        connection.execute(sa.update(schema.keys).where(chosen).values(wrapped=None, destroyed_at=NOON))


def test_each_purpose_and_month_has_a_key(keyring: Keyring, registry: Registry) -> None:
    asked = [("profile", MONTH), ("profile", "2026-12"), ("marketing", MONTH)]
    found = [keyring.file_key(*one) for one in asked]
    assert [key_id for key_id, _ in found] == ["profile/2026-11/1", "profile/2026-12/1", "marketing/2026-11/1"]
    purposes = [keyring.purpose_key(name) for name in ("profile", "service", "event")]
    assert len({*purposes, *(key for _, key in found), keyring.import_key()}) == 7
    assert {len(key) for key in (*purposes, *(key for _, key in found))} == {16}
    later = Keyring(registry, MasterKey(MASTER), Clock(NOON + timedelta(days=900)))
    assert [later.file_key(*one) for one in asked] == found
    assert [later.purpose_key(name) for name in ("profile", "service", "event")] == purposes


def test_a_new_generation_is_for_new_files(keyring: Keyring) -> None:
    first_id, first = keyring.file_key("profile", MONTH)
    assert keyring.new_generation("profile", MONTH) == "profile/2026-11/2"
    second_id, second = keyring.file_key("profile", MONTH)
    assert (first_id, second_id) == ("profile/2026-11/1", "profile/2026-11/2")
    assert first != second
    assert keyring.key_by_id(first_id) == first
    assert keyring.key_by_id(second_id) == second


def test_another_process_uses_a_new_generation_within_a_minute(keyring: Keyring, registry: Registry) -> None:
    clock = Clock()
    worker = Keyring(registry, MasterKey(MASTER), clock)
    before = worker.file_key("profile", MONTH)
    keyring.new_generation("profile", MONTH)
    clock.at = NOON + timedelta(seconds=61)
    after = worker.file_key("profile", MONTH)
    assert after[0] == "profile/2026-11/2"
    assert worker.key_by_id(before[0]) == before[1]


def test_two_processes_agree_on_file_keys(tmp_path: Path) -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from warehouse.keyring import Keyring, MasterKey; "
        "from warehouse.registry import Registry; registry = Registry.open(sys.argv[1]); "
        "keyring = Keyring(registry, MasterKey(bytes(range(32))), lambda: datetime(2026, 11, 9, 12, tzinfo=UTC)); "
        "sys.stdin.readline(); key_id, key = keyring.file_key('profile', '2026-11'); "
        "print(key_id, key.hex(), keyring.purpose_key('service').hex())"
    )
    line = [sys.executable, "-c", program, sqlite_url(tmp_path)]
    running = [subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = {process.communicate("go\n", timeout=120)[0] for process in running}
    with Registry.open(sqlite_url(tmp_path)) as registry:
        keyring = Keyring(registry, MasterKey(MASTER), Clock())
        key_id, key = keyring.file_key("profile", MONTH)
        service = keyring.purpose_key("service")
    assert answers == {f"{key_id} {key.hex()} {service.hex()}\n"}


def test_a_destroyed_file_key_opens_nothing_any_more(keyring: Keyring, registry: Registry, clock: Clock) -> None:
    key_id, key = keyring.file_key("profile", MONTH)
    destroy(registry, "profile", MONTH)
    clock.at = NOON + timedelta(seconds=61)
    for asked in (keyring, Keyring(registry, MasterKey(MASTER), clock)):
        with pytest.raises(KeyringError, match=r"^the key profile/2026-11/1 was destroyed on 2026-11-09; .* any more$"):
            asked.key_by_id(key_id)
    late_id, late = keyring.file_key("profile", MONTH)
    assert late_id == "profile/2026-11/2"
    assert late != key


def test_a_destroyed_purpose_key_is_not_made_again(keyring: Keyring, registry: Registry, clock: Clock) -> None:
    keyring.purpose_key("profile")
    destroy(registry, "profile", "")
    clock.at = NOON + timedelta(seconds=61)
    with pytest.raises(KeyringError, match=r"^the key profile/ was destroyed; it cannot be made again$"):
        keyring.purpose_key("profile")


def test_an_unknown_key_is_named(keyring: Keyring) -> None:
    with pytest.raises(KeyringError, match=r"^the key profile/2026-11/7 is not in this registry; "):
        keyring.key_by_id("profile/2026-11/7")


@pytest.mark.parametrize(
    "key_id",
    ["", "profile", "profile//1", "import//1", "day/2026-11-09/1", "profile/2026-13/1", "profile/2026-11/0", "a/b/c/d"],
)
def test_what_is_no_id_of_a_file_key_is_not_shown(keyring: Keyring, key_id: str) -> None:
    with pytest.raises(KeyringError, match="in a way that this program does not know") as caught:
        keyring.key_by_id(key_id)
    assert not key_id or key_id not in str(caught.value)


@pytest.mark.parametrize(
    "purpose", ["", "import", "day", "master", "Profile", "pro/file", "a" * 41, "jane@example.org"]
)
def test_some_purposes_are_nobodys(keyring: Keyring, registry: Registry, purpose: str) -> None:
    with pytest.raises(KeyringError, match="a key's purpose is up to 40 small letters"):
        keyring.purpose_key(purpose)
    with pytest.raises(KeyringError, match="a key's purpose is"):
        keyring.file_key(purpose, MONTH)
    with registry.read() as connection:
        assert connection.execute(sa.select(schema.keys)).all() == []


@pytest.mark.parametrize("month", ["", "2026", "2026-00", "2026-13", "2026-1", "2026-11-09"])
def test_months_are_spelled_in_one_way(keyring: Keyring, month: str) -> None:
    with pytest.raises(KeyringError, match="is written like 2026-11"):
        keyring.file_key("profile", month)
    with pytest.raises(KeyringError, match="is written like 2026-11"):
        keyring.new_generation("profile", month)


def test_the_status_tells_all_but_the_keys(keyring: Keyring, registry: Registry) -> None:
    keyring.file_key("profile", MONTH)
    keyring.new_generation("profile", MONTH)
    keyring.purpose_key("profile")
    keyring.day_key(date(2026, 11, 9))
    destroy(registry, "day", "2026-11-09")
    assert keyring.status() == [
        KeyRecord("day", "2026-11-09", 1, NOON, NOON),
        KeyRecord("profile", "", 1, NOON, None),
        KeyRecord("profile", MONTH, 1, NOON, None),
        KeyRecord("profile", MONTH, 2, NOON, None),
    ]


def test_a_rotation_is_told_and_leaves_file_keys_as_they_are(
    keyring: Keyring, registry: Registry, clock: Clock
) -> None:
    key_id, key = keyring.file_key("profile", MONTH)
    clock.at = NOON + timedelta(days=3)
    new = MasterKey(bytes(range(1, 33)))
    assert keyring.rotate_master(new) == 2
    assert Keyring(registry, new, clock).key_by_id(key_id) == key
    (note,) = (record for record in keyring.status() if record.is_master)
    assert note == KeyRecord("master", "", 2, clock.at, None)
    assert keyring.rotate_master(MasterKey(bytes(range(2, 34)))) == 2
    assert [record.generation for record in keyring.status() if record.is_master] == [2, 3]


def test_a_registry_without_keys_gets_one_before_its_master_changes(keyring: Keyring, registry: Registry) -> None:
    late = Keyring(registry, MasterKey(MASTER), Clock())
    assert keyring.rotate_master(MasterKey(bytes(range(1, 33)))) == 1
    with pytest.raises(KeyringError, match="rotated on"):
        late.file_key("profile", MONTH)


def test_the_master_in_use_is_no_new_one(keyring: Keyring) -> None:
    with pytest.raises(UsageError, match="the new master key is the one in use"):
        keyring.rotate_master(MasterKey(MASTER))


def test_a_program_with_the_old_master_is_told(keyring: Keyring, registry: Registry) -> None:
    running = Keyring(registry, MasterKey(MASTER), Clock())
    key_id, key = running.file_key("profile", MONTH)
    keyring.rotate_master(MasterKey(bytes(range(1, 33))))
    assert running.key_by_id(key_id) == key
    for ask in (
        lambda: running.file_key("marketing", MONTH),
        lambda: running.purpose_key("event"),
        lambda: running.new_generation("profile", MONTH),
    ):
        with pytest.raises(KeyringError) as caught:
            ask()
        assert str(caught.value) == (
            "the master key does not open this registry: it was rotated on 2026-11-09 at 12:00:00 UTC; "
            "start this program again with the new one"
        )


def test_nothing_shows_a_key(keyring: Keyring, registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key_id, file_key = keyring.file_key("profile", MONTH)
    keys = [MASTER, file_key, keyring.purpose_key("profile"), keyring.import_key()]
    shown = [repr(keyring), str(keyring), repr(keyring.status())]
    destroy(registry, "profile", MONTH)
    stranger = Keyring(registry, MasterKey(bytes(range(1, 33))), Clock())
    for ask in (
        stranger.import_key,
        lambda: stranger.key_by_id(key_id),
        lambda: stranger.file_key("a", MONTH),
    ):
        try:
            ask()
        except KeyringError as error:
            shown.append("".join(traceback.format_exception(error)))
    assert len(shown) == 6
    text = "\n".join([*shown, caplog.text])
    assert not any(key.hex() in text or repr(key)[2:-1] in text for key in keys)
