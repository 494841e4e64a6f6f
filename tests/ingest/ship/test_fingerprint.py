"""A file is recognised by its beginning, and two files are never taken for one."""

from pathlib import Path

import pytest

from ingest.errors import IngestError
from ingest.ship.fingerprint import KnownFile, fingerprint, identify, remember
from ingest.ship.positions import open_positions

KEY = b"k" * 16
LINE = b'192.0.2.7 - - [23/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n'
LONG = b"".join(LINE.replace(b"GET /", b"GET /%d" % number) for number in range(2000))
HEAD = 64 * 1024


def shipped(content: bytes, known: list[KnownFile]) -> KnownFile:
    file = identify(content[:HEAD], known, KEY)
    remember(file, content[:HEAD], KEY)
    if file not in known:
        known.append(file)
    return file


@pytest.mark.parametrize("size", [10, 4000, 4096, 5000, HEAD, len(LONG)])
def test_the_same_bytes_are_the_same_file(size: int) -> None:
    known: list[KnownFile] = []
    assert shipped(LONG[:size], known) is shipped(LONG[:size], known)


@pytest.mark.parametrize(
    ("before", "after"), [(10, 20), (10, len(LONG)), (4096, 4097), (5000, 70_000), (HEAD - 1, HEAD)]
)
def test_a_grown_file_is_the_same_file(before: int, after: int) -> None:
    known: list[KnownFile] = []
    assert shipped(LONG[:before], known) is shipped(LONG[:after], known)
    assert shipped(LONG[:after], known) is known[0]


def test_a_shorter_copy_is_the_same_file() -> None:
    known: list[KnownFile] = []
    assert shipped(LONG, known) is shipped(LONG[:10_000], known)


def test_equal_heads_are_told_apart_by_what_follows() -> None:
    known: list[KnownFile] = []
    one = shipped(LONG[:20_000] + b"one", known)
    other = shipped(LONG[:20_000] + b"two", known)
    assert other is not one
    assert other.fingerprint != one.fingerprint
    assert shipped(LONG[:20_000] + b"one and more", known) is one
    assert shipped(LONG[:20_000] + b"two and more", known) is other


def test_other_content_and_another_key_give_another_fingerprint() -> None:
    assert fingerprint(b"a", KEY) != fingerprint(b"b", KEY)
    assert fingerprint(b"a", KEY) != fingerprint(b"a", b"x" * 16)
    assert fingerprint(b"", KEY) != fingerprint(b"\0", KEY)


def test_positions_outlive_the_program(tmp_path: Path) -> None:
    with open_positions(tmp_path / "ship") as positions:
        file = identify(LONG, positions.files, KEY)
        positions.files.append(file)
        file.position, file.lines, file.inside_line = 77, 3, True
        positions.save()
    with open_positions(tmp_path / "ship") as again:
        assert again.files == [file]
    assert (tmp_path / "ship" / "positions.json").stat().st_mode & 0o077 == 0


def test_one_ship_at_a_time(tmp_path: Path) -> None:
    with (
        open_positions(tmp_path),
        pytest.raises(IngestError, match="another `footfall ship`"),
        open_positions(tmp_path),
    ):
        pass


def test_a_damaged_position_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "positions.json").write_text("{")
    with pytest.raises(IngestError, match="Delete it"), open_positions(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IngestError, match="cannot be written"), open_positions(tmp_path / "file" / "ship"):
        pass


def test_an_empty_file_is_the_beginning_of_none() -> None:
    """Position files of earlier versions hold such entries."""
    known: list[KnownFile] = []
    empty = shipped(b"", known)
    assert shipped(LONG, known) is not empty


def test_positions_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "positions.part").mkdir()
    with open_positions(tmp_path) as positions, pytest.raises(IngestError, match="cannot be written: Is a directory"):
        positions.save()
