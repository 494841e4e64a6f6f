"""`footfall keys`: shows which keys there are, never a key, and puts new ones in their place (R48)."""

import json
import os
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from footfall.__main__ import application
from footfall.house import House, now
from policy.errors import UsageError
from warehouse.keyring import KeyringError

Run = Callable[..., str]
MONTH = f"{now():%Y-%m}"
DAY = date(2026, 11, 9)


class StoppedError(Exception):
    """Stands for a crash."""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a warehouse with a key of each kind, whose master lies in its file."""
    for name in [name for name in os.environ if name.startswith("FOOTFALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOOTFALL_DATA", str(tmp_path / "site"))
    keys_of(tmp_path / "site", create=True)
    return tmp_path / "site"


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the verb and give what it printed, on one line a line."""
    del data

    def run(*words: str) -> str:
        application(("keys",))(["keys", *words], standalone_mode=False)
        return capsys.readouterr().out

    return run


def keys_of(data: Path, *, create: bool = False) -> list[bytes]:
    """Open a warehouse anew, and give some of its keys."""
    with House.open(data, create=create) as house:
        return [
            house.keyring.import_key(),
            house.keyring.key_by_id(f"profile/{MONTH}/1")
            if not create
            else house.keyring.file_key("profile", MONTH)[1],
            house.keyring.purpose_key("service"),
            house.keyring.day_key(DAY),
        ]


def test_the_status_shows_keys_without_their_bytes(run: Run, data: Path) -> None:
    shown, document = run("status"), json.loads(run("status", "--json"))
    assert "master" in shown
    assert "from keys/master.key, never rotated" in shown
    assert f"profile {MONTH}" in shown
    assert document["master"] == {"from": "keys/master.key", "rotated_at": None}
    told = [(key["purpose"], key["period"], key["generation"], key["destroyed_at"]) for key in document["keys"]]
    assert told == [
        ("day", DAY.isoformat(), 1, None),
        ("import", "", 1, None),
        ("profile", MONTH, 1, None),
        ("service", "", 1, None),
    ]
    secret = [(data / "keys" / "master.key").read_bytes(), *keys_of(data)]
    text = shown + json.dumps(document)
    assert not any(key.hex() in text or repr(key)[2:-1] in text for key in secret)


def test_destroyed_days_are_counted(run: Run, data: Path) -> None:
    with House.open(data) as house:
        house.keyring.day_key(date(2026, 1, 5))
        house.keyring._now = lambda: now() + timedelta(days=3000)
        assert len(house.keyring.destroy_expired_day_keys(timedelta(hours=48))) == 2
    assert "0 days in use, 2 destroyed" in run("status")


def test_a_new_master_opens_everything(run: Run, data: Path) -> None:
    keys, before = keys_of(data), (data / "keys" / "master.key").read_bytes()
    assert run("rotate") == (
        "a new master key is in force; 4 keys wrapped again. Copy the file anew to where you keep copies of it.\n"
    )
    after = (data / "keys" / "master.key").read_bytes()
    assert len({before, after}) == 2
    assert keys_of(data) == keys
    assert f"rotated {now():%Y-%m-%d}" in run("status")
    assert json.loads(run("rotate", "--json")) == {"keys_wrapped": 4, "master": {"from": "keys/master.key"}}
    assert keys_of(data) == keys


def test_a_program_that_runs_is_told_in_one_line(run: Run, data: Path) -> None:
    with House.open(data) as running:
        running.keyring.import_key()
        run("rotate")
        with pytest.raises(
            KeyringError, match=r"^the master key does not open .* was rotated on .* again with the new one$"
        ):
            running.subjects.pseudonym("c-1")


def test_an_interrupted_rotation_is_finished_by_the_next_verb(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_of(data)
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.keys.master_file._take_place", _stop)
        with pytest.raises(StoppedError):
            run("rotate")
    assert (data / "keys" / "master.key.next").is_file()
    assert "rotated" in run("status")
    assert [file.name for file in (data / "keys").iterdir()] == ["master.key"]
    assert keys_of(data) == keys


def _stop(*_: object) -> None:
    raise StoppedError


def test_a_master_from_the_environment_is_followed_by_another(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, old, new = keys_of(data), (data / "keys" / "master.key").read_bytes().hex(), secrets.token_hex(32)
    monkeypatch.setenv("FOOTFALL_MASTER_KEY", old)
    (data / "keys" / "master.key").unlink()
    with pytest.raises(UsageError, match="give the new one in FOOTFALL_MASTER_KEY_NEW"):
        run("rotate")
    monkeypatch.setenv("FOOTFALL_MASTER_KEY_NEW", old)
    with pytest.raises(UsageError, match="the new master key is the one in use"):
        run("rotate")
    monkeypatch.setenv("FOOTFALL_MASTER_KEY_NEW", new)
    assert run("rotate") == (
        "a new master key is in force; 4 keys wrapped again. Now set FOOTFALL_MASTER_KEY to the new key, everywhere, and "
        "take FOOTFALL_MASTER_KEY_NEW away.\n"
    )
    assert list((data / "keys").iterdir()) == []
    with pytest.raises(KeyringError, match="was rotated on"):
        run("rotate")
    monkeypatch.setenv("FOOTFALL_MASTER_KEY", new)
    monkeypatch.delenv("FOOTFALL_MASTER_KEY_NEW")
    assert keys_of(data) == keys
    assert "from FOOTFALL_MASTER_KEY, rotated" in run("status")


@pytest.mark.parametrize("text", ["short", "zz" * 32])
def test_a_new_master_that_is_none_changes_nothing(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    keys = keys_of(data)
    monkeypatch.setenv("FOOTFALL_MASTER_KEY", (data / "keys" / "master.key").read_bytes().hex())
    monkeypatch.setenv("FOOTFALL_MASTER_KEY_NEW", text)
    with pytest.raises(KeyringError, match="are neither") as caught:
        run("rotate")
    assert text not in str(caught.value)
    monkeypatch.delenv("FOOTFALL_MASTER_KEY_NEW")
    assert keys_of(data) == keys


def test_a_new_master_for_a_file_is_not_given(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (data / "keys" / "master.key").read_bytes()
    monkeypatch.setenv("FOOTFALL_MASTER_KEY_NEW", secrets.token_hex(32))
    with pytest.raises(UsageError, match="a new one is made there; take FOOTFALL_MASTER_KEY_NEW away"):
        run("rotate")
    assert (data / "keys" / "master.key").read_bytes() == before


def test_new_files_get_new_keys(run: Run, data: Path) -> None:
    keys, before = keys_of(data), (data / "keys" / "master.key").read_bytes()
    with House.open(data) as house:
        house.keyring.file_key("profile", "2020-01")
    assert run("rotate", "--files") == f"new keys for new files: profile/{MONTH}/2\n"
    assert json.loads(run("rotate", "--files", "--json")) == {"keys_begun": [f"profile/{MONTH}/3"]}
    with House.open(data) as house:
        assert house.keyring.file_key("profile", MONTH)[0] == f"profile/{MONTH}/3"
        assert house.keyring.file_key("profile", "2020-01")[0] == "profile/2020-01/1"
    assert keys_of(data) == keys
    assert (data / "keys" / "master.key").read_bytes() == before


def test_without_files_there_is_nothing_to_follow(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_DATA", str(tmp_path / "empty"))
    with House.open(tmp_path / "empty", create=True):
        pass
    assert run("rotate", "--files") == "no file of this month has a key yet, so there is none to follow\n"


@pytest.mark.parametrize("verb", ["status", "rotate"])
def test_each_verb_has_a_manual(run: Run, verb: str) -> None:
    assert f"footfall keys {verb}" in run(verb, "--help")
