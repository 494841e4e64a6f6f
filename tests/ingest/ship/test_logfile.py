"""A file's lines, whatever its packing, its last line and the block borders."""

import gzip
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import LogFileError
from ingest.ship import logfile
from ingest.ship.logfile import LINE_BYTES_SENT_MAX, STDIN, Block, open_log

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and name it."""

    def make(content: bytes) -> Path:
        path = tmp_path / "access log.log"
        path.write_bytes(content)
        return path

    return make


def lines_of(path: Path, position: int = 0, *, inside_line: bool = False) -> tuple[list[bytes], list[int], list[Block]]:
    with open_log(path) as log:
        blocks = list(log.blocks(position, inside_line=inside_line))
    lines = [line for block in blocks for line in block.lines.to_pylist()]
    return lines, [at for block in blocks for at in block.positions.tolist()], blocks


def test_lines_and_their_positions(write: Write) -> None:
    lines, positions, blocks = lines_of(write(b"one\n\ntwo \r\nthree"))
    assert lines == [b"one", b"", b"two \r", b"three"]
    assert positions == [0, 4, 5, 11]
    assert (blocks[-1].position_next, blocks[-1].ends_open) == (16, True)


def test_gzip_is_known_by_its_bytes_and_positions_are_those_of_the_stream(write: Write) -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    assert lines_of(write(packed))[:2] == ([b"one", b"two"], [0, 4])


def test_an_empty_file_has_no_lines(write: Write) -> None:
    assert lines_of(write(b""))[0] == []
    assert lines_of(write(gzip.compress(b"")))[0] == []


@pytest.mark.parametrize("packed", [False, True])
def test_reading_goes_on_at_a_position(write: Write, monkeypatch: pytest.MonkeyPatch, *, packed: bool) -> None:
    monkeypatch.setattr(logfile, "HEAD_BYTES", 8)
    content = b"".join(b"line %d\n" % number for number in range(100))
    path = write(gzip.compress(content) if packed else content)
    position = content.index(b"line 50\n")
    assert lines_of(path, position)[0] == [b"line %d" % number for number in range(50, 100)]
    assert lines_of(path, 3)[0][0] == b"e 0"
    assert lines_of(path, len(content))[0] == []
    assert lines_of(path, len(content) + 10)[0] == []


def test_the_rest_of_a_line_whose_beginning_was_sent_is_passed_over(write: Write) -> None:
    path = write(b"half and the rest\nnext\n")
    assert lines_of(path, 4, inside_line=True)[:2] == ([b"next"], [18])
    assert lines_of(path, 23, inside_line=True)[0] == []


def test_a_giant_line_is_cut_and_the_next_one_is_whole(write: Write) -> None:
    """Kafka takes no record over 1 MiB, and a worker refuses lines over 64 KiB anyway."""
    giant = b"x" * (9 * 1024 * 1024)
    lines, positions, _ = lines_of(write(giant + b"\nnext\n"))
    assert [len(line) for line in lines] == [LINE_BYTES_SENT_MAX, 4]
    assert positions == [0, len(giant) + 1]


def test_a_long_line_inside_a_block_is_cut_too(write: Write) -> None:
    lines, positions, _ = lines_of(write(b"a\n" + b"x" * (100 * 1024) + b"\nb\n"))
    assert [len(line) for line in lines] == [1, LINE_BYTES_SENT_MAX, 1]
    assert positions == [0, 2, 100 * 1024 + 3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    parts=st.lists(st.binary(max_size=12).map(lambda part: part.replace(b"\n", b".")), max_size=30),
    ends=st.booleans(),
    block=st.integers(1, 40),
)
def test_block_borders_change_nothing(tmp_path: Path, parts: list[bytes], block: int, *, ends: bool) -> None:
    """Whatever the size of a block, lines are those between line feeds, and each position is where its line begins."""
    content = b"a text line of some length to begin with\n" * 3 + b"\n".join(parts) + (b"\n" if ends and parts else b"")
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logfile, "BLOCK_BYTES", block)
        patch.setattr(logfile, "HEAD_BYTES", block)
        patch.setattr(logfile, "CONTROL_SHARE_MAX", 1.0)
        lines, positions, blocks = lines_of(path)
    expected = content.split(b"\n")
    assert lines == (expected[:-1] if expected[-1] == b"" else expected)
    assert [content[at : at + len(line)] for at, line in zip(positions, lines, strict=True)] == lines
    assert blocks[-1].position_next == len(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(range(256)) * 16, "is a binary file, not a log"),
        (b"\x28\xb5\x2f\xfd rest", "is packed with zstd"),
        (b"BZh91AY", "is packed with bzip2"),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 100, "is a binary file"),
        (gzip.compress(b"one\n" * 1000, mtime=0)[:-12], "damaged or end too early"),
        (b"\x1f\x8b and then no gzip", "damaged or end too early"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(LogFileError, match=message) as error:
        lines_of(write(content))
    assert "\n" not in str(error.value)


def test_what_a_broken_gzip_still_gives_comes_before_its_error(write: Write) -> None:
    content = b"".join(b"line %d of many\n" % number for number in range(200_000))
    lines: list[bytes] = []

    def read(path: Path) -> None:
        with open_log(path) as log:
            for block in log.blocks(0, inside_line=False):
                lines.extend(block.lines.to_pylist())

    with pytest.raises(LogFileError, match="damaged"):
        read(write(gzip.compress(content)[:-100]))
    assert lines == content.split(b"\n")[: len(lines)]
    assert len(lines) > 100_000


def test_what_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, message in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "file" / "below", "Not a directory"),
    ):
        with pytest.raises(LogFileError, match=message), open_log(path):
            pass


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_with_a_name_is_read_like_a_file(tmp_path: Path, *, packed: bool) -> None:
    """As in `footfall ship <(zcat access.log.gz)`: it can neither be wound back nor say where it is."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    content = b"one\ntwo\n"
    writer = Thread(target=path.write_bytes, args=(gzip.compress(content) if packed else content,))
    writer.start()
    with open_log(path) as log:
        (block,) = log.blocks(4, inside_line=False)
        assert (block.lines.to_pylist(), log.bytes_read()) == ([b"two"], 0)
    writer.join()


def test_packed_standard_input_is_refused_whatever_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of packed bytes are control characters: a limit there let half of such streams pass as text."""
    for seed in range(20):
        lines = b"".join(b"192.0.2.%d %x\n" % (number % 250, hash((seed, number))) for number in range(3000))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(lines))))
        with pytest.raises(LogFileError, match="is packed with gzip"), open_log(STDIN):
            pass


def test_bytes_of_an_unknown_packing_are_no_text(write: Write) -> None:
    for seed in range(20):
        noise = b"\x04\x22\x4d\x18" + gzip.compress(b"%d" % seed + os.urandom(8192))[20:]
        with pytest.raises(LogFileError, match="is a binary file"):
            lines_of(write(noise))


def test_standard_input_that_begins_inside_a_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `(read first; footfall ship -) < access.log`."""
    monkeypatch.setattr(logfile, "HEAD_BYTES", 8)
    with write(b"read before\n" + b"line 1\nline 2\nline 3\n").open("rb") as raw:
        raw.seek(12)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
        assert lines_of(STDIN, 14)[:2] == ([b"line 3"], [14])
