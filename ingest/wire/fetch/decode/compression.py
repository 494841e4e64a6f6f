"""Compressed records of a batch → their bytes, never more than a bound, whatever a hostile batch would unfold to."""

import zlib
from collections.abc import Callable, Mapping
from typing import Final

import lz4.frame
import pyarrow as pa
import zstandard

from ingest.wire.fetch.decode.errors import MalformedError

DECODED_BYTES_MAX: Final = 64 * 1024 * 1024
LIKELY_BYTES_MAX: Final = 4 * 1024 * 1024  # what a batch of ordinary size unfolds to: one allocation, no second round
GZIP: Final = 31  # zlib's word for a gzip head
XERIAL_MAGIC: Final = b"\x82SNAPPY\0"
XERIAL_HEAD_BYTES: Final = 16
SIZE_BYTES: Final = 4
VARINT_BYTES_MAX: Final = 5


def decompressed(codec: int, data: memoryview) -> bytes | memoryview:
    """Unfold the records of a batch; codec 0 gives them as they are.

    Raises:
        MalformedError: damaged, of an unknown codec, or larger than DECODED_BYTES_MAX.
    """
    if codec == 0:
        return data
    unfold = CODECS.get(codec)
    if unfold is None:
        raise MalformedError(f"compression {codec} is unknown")
    try:
        records = unfold(data)
    except MalformedError:
        raise
    except Exception as error:  # each codec has error types of its own
        raise MalformedError("it cannot be decompressed") from error
    if len(records) > DECODED_BYTES_MAX:
        raise MalformedError(f"it unfolds to more than {DECODED_BYTES_MAX:,} bytes")
    return records


def _gzip(data: memoryview) -> bytes:
    stream = zlib.decompressobj(GZIP)
    records = stream.decompress(data, DECODED_BYTES_MAX + 1)
    _check_end(records, is_whole=stream.eof and not stream.unused_data)
    return records


def _lz4(data: memoryview) -> bytes:
    context = lz4.frame.create_decompression_context()
    # Without the class around it, which copies what it is given.
    records, used, is_whole = lz4.frame.decompress_chunk(context, data, max_length=LIKELY_BYTES_MAX)
    if not is_whole and len(records) == LIKELY_BYTES_MAX:
        bytes_max = DECODED_BYTES_MAX + 1 - len(records)
        more, used_then, is_whole = lz4.frame.decompress_chunk(context, data[used:], max_length=bytes_max)
        records, used = records + more, used + used_then
    _check_end(records, is_whole=is_whole and used == len(data))
    return records


def _zstd(data: memoryview) -> bytes:
    size = zstandard.get_frame_parameters(data).content_size
    if size in {zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR}:
        size = 0
    _check_size(size)
    try:
        return zstandard.ZstdDecompressor().decompress(data, LIKELY_BYTES_MAX, allow_extra_data=False)
    except zstandard.ZstdError:  # larger than likely, or more than one frame
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
            return reader.read(DECODED_BYTES_MAX + 1)


def _snappy(data: memoryview) -> bytes:
    """Unfold a raw block, or the stream of blocks that Java's clients write: head, then size and block by turns."""
    if len(data) <= XERIAL_HEAD_BYTES or bytes(data[: len(XERIAL_MAGIC)]) != XERIAL_MAGIC:
        return _snappy_block(data, DECODED_BYTES_MAX)
    blocks, at, left = [], XERIAL_HEAD_BYTES, DECODED_BYTES_MAX
    while at < len(data):
        start = at + SIZE_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data):
            raise MalformedError("a snappy block reaches past its batch")
        blocks.append(_snappy_block(data[start:at], left))
        left -= len(blocks[-1])
    return b"".join(blocks)


def _snappy_block(block: memoryview, bytes_max: int) -> bytes:
    size = 0
    for place, part in enumerate(block[:VARINT_BYTES_MAX]):  # a block begins with its decoded size
        size |= (part & 127) << 7 * place
        if part < 128:  # noqa: PLR2004 the last byte of a varint
            break
    _check_size(size, bytes_max)
    return pa.Codec("snappy").decompress(pa.py_buffer(block), decompressed_size=size, asbytes=True)


def _check_end(records: bytes, *, is_whole: bool) -> None:
    if len(records) <= DECODED_BYTES_MAX and not is_whole:
        raise MalformedError("its compressed records are cut short, or more follows them")


def _check_size(size: int, bytes_max: int = DECODED_BYTES_MAX) -> None:
    if size > bytes_max:
        raise MalformedError(f"it unfolds to more than {DECODED_BYTES_MAX:,} bytes")


CODECS: Final[Mapping[int, Callable[[memoryview], bytes]]] = {1: _gzip, 2: _snappy, 3: _lz4, 4: _zstd}
