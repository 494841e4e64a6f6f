"""Log files to Kafka: redacted, keyed by file and position, acknowledged, then noted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from ingest.ship.fingerprint import KnownFile, identify, remember
from ingest.ship.logfile import Block, LogFile, open_log
from ingest.ship.positions import Positions, open_positions
from ingest.wire.producer import Producer
from ingest.wire.records import Partition
from transform.secrets import redact_lines

LINES_A_SEND: Final = 20_000
KEY_BYTES: Final = 16


class Origins(Protocol):
    """Where files make themselves known; the registry is one."""

    def register_origin(self, origin: int, file: str, site: str, at: datetime) -> None:
        """Note that the lines of `origin` are those of `file` and belong to `site`."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What became of one file.

    Attributes:
        file: its name.
        lines: lines sent and acknowledged now.
        redacted: of these, lines that held a credential, which was taken out.
        lines_before: lines that an earlier call had sent.
        origin: the number under which `intakes` counts its lines; None for an empty file.
    """

    file: str
    lines: int
    redacted: int
    lines_before: int
    origin: int | None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where lines go: a topic's partitions, and the site that they are counted for."""

    partitions: Sequence[Partition]
    site: str


def ship_files(
    paths: Sequence[Path],
    producer: Producer,
    destination: Destination,
    *,
    folder: Path,
    origins: Origins,
    import_key: bytes,
    now: Callable[[], datetime],
    progress: Callable[[Path, int], None],
) -> list[Shipped]:
    """Send the lines of files that Kafka does not have yet, file by file.

    Args:
        paths: log files, plain or gzip; `-` is the standard input.
        producer: the way into Kafka.
        destination: topic and site.
        folder: where `ship` keeps its positions.
        origins: told of each file before its first line is sent.
        import_key: makes fingerprints that only this warehouse can make.
        now: the clock.
        progress: called with a file and the bytes read of it.

    Raises:
        LogFileError: a file cannot be read; those before it have been sent.
        IngestError: Kafka did not acknowledge; what it did acknowledge is noted.
    """
    shipped = []
    with open_positions(folder) as positions:
        sender = _Sender(positions, producer, destination, progress)
        for path in paths:
            with open_log(path) as log:
                if not log.head:  # an empty file has no identity yet: it will be known by its first line
                    shipped.append(Shipped(log.name, 0, 0, 0, None))
                    continue
                known = identify(log.head, positions.files, import_key)
                _settle(known, positions, destination)
                origins.register_origin(as_signed(known.fingerprint), log.name, destination.site, now())
                remember(known, log.head, import_key)
                lines_before = known.lines
                redacted = sender.send(log, known)
                sent = known.lines - lines_before
                shipped.append(Shipped(log.name, sent, redacted, lines_before, as_signed(known.fingerprint)))
    return shipped


def as_signed(fingerprint: int) -> int:
    """Read an unsigned 64-bit number as the signed one that tables hold."""
    return int(np.uint64(fingerprint).astype(np.int64))


def record_keys(fingerprint: int, block: Block) -> pa.Array:
    """Make the record keys of a block: fingerprint, then position, both big-endian; binary, 16 bytes each."""
    keys = np.empty((len(block.positions), 2), ">u8")
    keys[:, 0] = fingerprint
    keys[:, 1] = block.positions
    offsets = np.arange(0, KEY_BYTES * (len(keys) + 1), KEY_BYTES, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), len(keys), [None, pa.py_buffer(offsets), pa.py_buffer(keys.tobytes())])


def _settle(known: KnownFile, positions: Positions, destination: Destination) -> None:
    """Give a file its partition at its first line; it keeps it as long as the topic is the same."""
    topic_id = destination.partitions[0].topic_id
    if known.topic_id != topic_id:
        known.topic_id = topic_id
        known.partition = known.fingerprint % len(destination.partitions)
        known.position, known.inside_line, known.lines = 0, False, 0
    if known not in positions.files:
        positions.files.append(known)


@dataclass(frozen=True, slots=True)
class _Sender:
    positions: Positions
    producer: Producer
    destination: Destination
    progress: Callable[[Path, int], None]

    def send(self, log: LogFile, known: KnownFile) -> int:
        """Send what is new in a file, noting each block once it is acknowledged; give the lines that were redacted."""
        redacted = 0
        for block in log.blocks(known.position, inside_line=known.inside_line):
            lines, changed = redact_lines(block.lines)
            keys = record_keys(known.fingerprint, block)
            for start in range(0, len(lines), LINES_A_SEND):
                part = slice(start, start + LINES_A_SEND)
                self.producer.send(self.destination.partitions[0].topic, known.partition, keys[part], lines[part])
            redacted += changed
            known.position, known.inside_line = block.position_next, block.ends_open
            known.lines += len(lines)
            self.positions.save()
            self.progress(log.path, log.bytes_read())
        self.positions.save()
        return redacted
