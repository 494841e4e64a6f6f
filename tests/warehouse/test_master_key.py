"""The master key: one private file or one text, and whatever it wrapped opens with it alone (R48)."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from warehouse.master_key import KeyringError, MasterKey

MASTER = bytes(range(32))


def test_a_wrapped_key_fits_its_name_only() -> None:
    master = MasterKey(MASTER)
    wrapped = master.wrap(b"k" * 16, "day/2026-11-09/1")
    assert master.unwrap(wrapped, "day/2026-11-09/1") == b"k" * 16
    for changed, name in [
        (wrapped, "day/2026-11-10/1"),
        (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), "day/2026-11-09/1"),
        (wrapped[:5], "day/2026-11-09/1"),
    ]:
        with pytest.raises(KeyringError, match="does not open"):
            master.unwrap(changed, name)
    with pytest.raises(KeyringError, match="in a way that this program does not know"):
        master.unwrap(b"\x02" + wrapped[1:], "day/2026-11-09/1")


def test_the_master_file_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    wrapped = MasterKey.from_file(path, create=True).wrap(b"k" * 16, "name")
    content = path.read_bytes()
    assert (len(content), path.stat().st_mode & 0o777) == (32, 0o600)
    assert MasterKey.from_file(path, create=True).unwrap(wrapped, "name") == b"k" * 16
    assert MasterKey.from_file(path).unwrap(wrapped, "name") == b"k" * 16
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


def test_processes_that_make_the_master_file_at_once_agree(tmp_path: Path) -> None:
    path, together = tmp_path / "master.key", Barrier(8)

    def wrap(_: int) -> bytes:
        together.wait()
        return MasterKey.from_file(path, create=True).wrap(b"k" * 16, "name")

    with ThreadPoolExecutor(8) as pool:
        wrapped = list(pool.map(wrap, range(8)))
    last = MasterKey.from_file(path)
    assert {last.unwrap(one, "name") for one in wrapped} == {b"k" * 16}
    assert list(tmp_path.iterdir()) == [path]


def test_a_master_file_must_be_there_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with pytest.raises(KeyringError, match="there is no master key at"):
        MasterKey.from_file(path)
    for size, told in [(31, "it has 31"), (0, "it has 0"), (33, "it has more")]:
        path.write_bytes(b"x" * size)
        path.chmod(0o600)
        with pytest.raises(KeyringError, match=told):
            MasterKey.from_file(path)
    path.write_bytes(MASTER)
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(KeyringError, match=rf"open to others \(mode {mode:o}\); chmod 600"):
            MasterKey.from_file(path)
    with pytest.raises(KeyringError, match="cannot be read: Is a directory"):
        MasterKey.from_file(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        MASTER.hex(),
        MASTER.hex().upper() + "\n",
        base64.b64encode(MASTER).decode(),
        base64.urlsafe_b64encode(MASTER).decode().rstrip("="),
    ],
)
def test_a_master_key_may_come_as_text(text: str) -> None:
    wrapped = MasterKey(MASTER).wrap(b"k" * 16, "name")
    assert MasterKey.from_text(text).unwrap(wrapped, "name") == b"k" * 16


@pytest.mark.parametrize("text", ["", "secret-phrase", "zz" * 32, "ab" * 31, "QUJD", "ü" * 44])
def test_other_text_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(KeyringError, match=f"{len(text)} characters given are neither") as caught:
        MasterKey.from_text(text)
    assert not text or text not in str(caught.value)
