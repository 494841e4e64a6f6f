"""Message formats 0 and 1, which brokers before 2017 wrote: one message at a time, or compressed sets in one message."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from ingest.wire.fetch.decode.compression import decompressed
from ingest.wire.fetch.decode.errors import MalformedError
from ingest.wire.fetch.decode.headers import APPEND_TIME, CODEC_MASK, FRAME
from ingest.wire.fetch.decode.rows import Row

HEAD: Final = struct.Struct(">qiIbb")  # offset, length, checksum, format, attributes
SIZE: Final = struct.Struct(">i")
TIME: Final = struct.Struct(">q")
CHECKED_FROM: Final = 16  # the checksum covers the message from here on
LZ4: Final = 3
CODEC_MAX: Final = LZ4


class Message(NamedTuple):
    """One message; `sent_ms` is None in format 0."""

    offset: int
    magic: int
    attributes: int
    sent_ms: int | None
    key: memoryview | None
    value: memoryview | None


def read_messages(message: memoryview, *, check_crcs: bool) -> list[Row]:
    """Read one message, or the set of messages that is compressed in it.

    Raises:
        MalformedError: it is damaged.
    """
    outer = _read(message, check_crcs=check_crcs)
    codec = outer.attributes & CODEC_MASK
    if not codec:
        return [_row(outer, outer.offset, outer.sent_ms)]
    if outer.value is None or codec > CODEC_MAX or (codec == LZ4 and outer.magic == 0):
        raise MalformedError(f"compression {codec} is unknown in message format {outer.magic}")
    inner = [_read(one, check_crcs=check_crcs) for one in _split(memoryview(decompressed(codec, outer.value)))]
    if not inner or any(one.attributes & CODEC_MASK or one.magic != outer.magic for one in inner):
        raise MalformedError("a compressed set of messages is empty, or holds another")
    # In format 1 the outer message has the offset of the last inner one, and those count from the first.
    base = outer.offset - inner[-1].offset if outer.magic else 0
    is_appended = outer.magic and outer.attributes & APPEND_TIME
    return [_row(one, base + one.offset, outer.sent_ms if is_appended else one.sent_ms) for one in inner]


def _row(message: Message, offset: int, sent_ms: int | None) -> Row:
    key, value = (None if field is None else bytes(field) for field in (message.key, message.value))
    return Row(offset, sent_ms, key, value, backfill=False)


def _split(messages: memoryview) -> Iterator[memoryview]:
    start = 0
    while start < len(messages):
        if len(messages) - start < HEAD.size:
            raise MalformedError("a compressed set of messages is cut short")
        end = start + FRAME.size + FRAME.unpack_from(messages, start)[1]
        if not start + HEAD.size <= end <= len(messages):
            raise MalformedError("the length of a message is out of range")
        yield messages[start:end]
        start = end


def _read(message: memoryview, *, check_crcs: bool) -> Message:
    if len(message) < HEAD.size:
        raise MalformedError(f"a message of {len(message)} bytes is shorter than its own head")
    offset, _, checksum, magic, attributes = HEAD.unpack_from(message)
    if magic not in {0, 1}:
        raise MalformedError(f"message format {magic} is unknown")
    if check_crcs and zlib.crc32(message[CHECKED_FROM:]) != checksum:
        raise MalformedError("its checksum does not match")
    at, sent_ms = HEAD.size, None
    try:
        if magic:
            sent_ms = TIME.unpack_from(message, at)[0]
            at += TIME.size
        key, at = _field(message, at)
        value, at = _field(message, at)
    except struct.error as error:
        raise MalformedError("a message is cut short") from error
    if at != len(message):
        raise MalformedError(f"{len(message) - at} bytes are left over in a message")
    return Message(offset, magic, attributes, sent_ms, key, value)


def _field(message: memoryview, at: int) -> tuple[memoryview | None, int]:
    size = SIZE.unpack_from(message, at)[0]
    at += SIZE.size
    if size < -1 or at + size > len(message):
        raise MalformedError("a field reaches past its message")
    return (None, at) if size == -1 else (message[at : at + size], at + size)
