"""A log file as blocks of lines with their positions in the decompressed stream; memory stays bounded."""

import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.errors import LogFileError

BLOCK_BYTES: Final = 4 * 1024 * 1024
HEAD_BYTES: Final = 64 * 1024
# A worker refuses lines over 64 KiB; one byte more is enough for it to see that, and Kafka takes no record over 1 MiB.
LINE_BYTES_SENT_MAX: Final = 64 * 1024 + 1
GZIP_MAGIC: Final = b"\x1f\x8b"
PACKED: Final = {
    GZIP_MAGIC: "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"PK\x03\x04": "zip",
}
# Of random bytes a tenth are control characters; logs write theirs as escapes.
CONTROL_SHARE_MAX: Final = 0.05
STDIN: Final = Path("-")


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines of one file.

    Attributes:
        positions: int64, where each line begins in the decompressed stream.
        lines: binary, without their line feeds.
        position_next: where the line after the block begins.
        ends_open: True when the last line has no line feed, so that the file may go on in the middle of it.
    """

    positions: npt.NDArray[np.int64]
    lines: pa.Array
    position_next: int
    ends_open: bool


class LogFile:
    """An open log file, plain or gzip, or the standard input; read from its beginning.

    Attributes:
        path: as it was named.
        head: the first 64 KiB of the decompressed stream, or all of it when it is shorter.
    """

    def __init__(self, path: Path, stream: BufferedReader | gzip.GzipFile, raw: BinaryIO) -> None:
        self.path = path
        self._stream = stream
        self._raw = raw
        self.head = self._read(HEAD_BYTES)
        _refuse_binary(path, self.head)

    @property
    def name(self) -> str:
        """Name of the file without its folders, which may tell more than they should."""
        return "stdin" if self.path == STDIN else self.path.name

    def bytes_read(self) -> int:
        """Bytes read of the file as it lies on the disk; 0 for the standard input and pipes."""
        return self._raw.tell() if self.path != STDIN and self._raw.seekable() else 0

    def blocks(self, position: int, *, inside_line: bool) -> Iterator[Block]:
        """Yield the lines from `position` on.

        Args:
            position: where to begin in the decompressed stream.
            inside_line: True when `position` lies in a line whose beginning was sent before: its rest is passed over.
        """
        rest = self._skip(position)
        if inside_line:
            rest, position = self._pass_rest_of_line(rest, position)
        open_line = b""
        while chunk := rest or self._read(BLOCK_BYTES):
            rest = b""
            data = open_line + chunk
            end = data.rfind(b"\n") + 1
            if end:
                yield _block(data[:end], position)
                position += end
            open_line = data[end:]
            if len(open_line) > LINE_BYTES_SENT_MAX:
                yield Block(
                    _at(position),
                    pa.array([open_line[:LINE_BYTES_SENT_MAX]], pa.binary()),
                    position + len(open_line),
                    ends_open=True,
                )
                rest, position = self._pass_rest_of_line(b"", position + len(open_line))
                open_line = b""
        if open_line:
            yield Block(_at(position), pa.array([open_line], pa.binary()), position + len(open_line), ends_open=True)

    def _read(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = size
        try:
            while missing and (part := self._stream.read1(missing)):
                parts.append(part)
                missing -= len(part)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            if parts:  # hand over what could be read; the next call meets the same error again
                return b"".join(parts)
            raise LogFileError(
                f"{self.path}: the compressed data are damaged or end too early. Is the file still being written?"
            ) from error
        except OSError as error:
            raise LogFileError(f"{self.path}: cannot be read: {error.strerror or error}") from error
        return b"".join(parts)

    def _skip(self, position: int) -> bytes:
        """Pass over `position` bytes; give what was read beyond them."""
        if position <= len(self.head):
            return self.head[position:]
        missing = position - len(self.head)
        if self._stream is self._raw and self._raw.seekable():
            self._raw.seek(missing, os.SEEK_CUR)  # the standard input may not begin where its file does
            return b""
        while missing:
            part = self._read(min(missing, BLOCK_BYTES))
            if not part:
                return b""
            missing -= len(part)
        return b""

    def _pass_rest_of_line(self, rest: bytes, position: int) -> tuple[bytes, int]:
        while chunk := rest or self._read(BLOCK_BYTES):
            end = chunk.find(b"\n") + 1
            if end:
                return chunk[end:], position + end
            position += len(chunk)
            rest = b""
        return b"", position


@contextmanager
def open_log(path: Path) -> Iterator[LogFile]:
    """Open a log file; `-` is the standard input.

    Raises:
        LogFileError: it is not there, cannot be read, or is no text.
    """
    if path == STDIN:
        stream = cast("BufferedReader", sys.stdin.buffer)
        yield LogFile(path, stream, stream)
        return
    try:
        if path.is_dir():
            raise LogFileError(f"{path}: is a folder; name its files, for example '{path}/*.log'")
        raw = path.open("rb")
    except OSError as error:
        raise LogFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    with raw:
        if not _is_gzip(path, raw):
            yield LogFile(path, raw, raw)
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield LogFile(path, unpacked, raw)


def _is_gzip(path: Path, raw: BufferedReader) -> bool:
    """Look at the first bytes without taking them: a pipe cannot be wound back."""
    try:
        return raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
    except OSError as error:
        raise LogFileError(f"{path}: cannot be read: {error.strerror or error}") from error


def _block(data: bytes, position: int) -> Block:
    """Cut bytes that end with a line feed into lines, without a Python object per line."""
    feeds = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    starts = np.concatenate(([0], feeds[:-1] + 1))
    # Over the same bytes lie line, line feed, line, line feed, …: every second value is a line.
    bounds = np.empty(2 * len(feeds) + 1, np.int32)
    bounds[:-1:2], bounds[1::2], bounds[-1] = starts, feeds, len(data)
    both = pa.Array.from_buffers(pa.binary(), 2 * len(feeds), [None, pa.py_buffer(bounds), pa.py_buffer(data)])
    lines = both.take(pa.array(np.arange(0, 2 * len(feeds), 2)))
    long = np.flatnonzero(feeds - starts > LINE_BYTES_SENT_MAX)
    if len(long):
        lines = pa.array([line[:LINE_BYTES_SENT_MAX] for line in lines.to_pylist()], pa.binary())
    return Block(starts + position, lines, position + len(data), ends_open=False)


def _at(position: int) -> npt.NDArray[np.int64]:
    return np.array([position], np.int64)


def _refuse_binary(path: Path, head: bytes) -> None:
    for magic, name in PACKED.items():
        if head.startswith(magic):
            raise LogFileError(f"{path}: is packed with {name}; unpack it, or pipe it in: … | footfall ship -")
    sample = np.frombuffer(head[:4096], np.uint8)
    control = (sample < ord(" ")) & ~np.isin(sample, np.frombuffer(b"\t\n\r\x0b\x0c\x1b", np.uint8))
    if len(sample) and control.mean() > CONTROL_SHARE_MAX:
        raise LogFileError(f"{path}: is a binary file, not a log: {control.mean():.0%} of its first bytes are no text")
