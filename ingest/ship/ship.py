"""Files to Kafka, log lines or JSON records: redacted, keyed by file and position, acknowledged, then noted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from ingest.errors import LogFileError
from ingest.ship.events import Cleaned, clean_lines
from ingest.ship.fingerprint import KnownFile, identify, remember
from ingest.ship.logfile import Block, LogFile, open_log
from ingest.ship.positions import Positions, open_positions
from ingest.wire.produce import ColumnarProducer
from ingest.wire.records import Partition

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
        redacted: of these, lines that held a credential, which was taken out, or a field that nobody declared.
        lines_before: lines that an earlier call had sent.
        origin: the number under which `intakes` counts its lines; None for an empty file.
        fields_removed: names of fields that were taken out → records; only of JSON records.
    """

    file: str
    lines: int
    redacted: int
    lines_before: int
    origin: int | None
    fields_removed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where lines go, and as what.

    Attributes:
        partitions: those of the topic.
        site: the site that the lines are counted for; empty for JSON records, which name their own.
        headers: what is said of every record.
        clean: takes credentials out of a block of lines.
    """

    partitions: Sequence[Partition]
    site: str
    headers: Mapping[str, bytes] = field(default_factory=dict)
    clean: Callable[[pa.Array], Cleaned] = clean_lines

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self.partitions[0].topic


def ship_files(
    paths: Sequence[Path],
    producer: ColumnarProducer,
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
        LogFileError: a file cannot be read, or was shipped as something else; those before it have been sent.
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
                is_new = known not in positions.files
                _settle(known, positions, destination, log.name)
                origins.register_origin(as_signed(known.fingerprint), log.name, destination.site, now())
                remember(known, log.head, import_key)
                if is_new:  # before its first line goes, or a killed `ship` would not know a short file again that grew
                    positions.save()
                lines_before = known.lines
                redacted, removed = sender.send(log, known)
                sent = known.lines - lines_before
                origin = as_signed(known.fingerprint)
                shipped.append(Shipped(log.name, sent, redacted, lines_before, origin, dict(sorted(removed.items()))))
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


def _settle(known: KnownFile, positions: Positions, destination: Destination, name: str) -> None:
    """Give a file its partition at its first line; it keeps it as long as the topic is the same."""
    source = destination.partitions[0].source
    if known.lines and known.source not in {"", source}:
        raise LogFileError(
            f"{name}: its first lines, {known.lines:,} so far, were shipped as {known.source}; are they really {source}?"
        )
    known.source = source
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
    producer: ColumnarProducer
    destination: Destination
    progress: Callable[[Path, int], None]

    def send(self, log: LogFile, known: KnownFile) -> tuple[int, Counter[str]]:
        """Send what is new in a file, noting each block once it is acknowledged; say what was taken out of it.

        Returns:
            lines that were redacted, and how often each field was removed.
        """
        redacted, removed = 0, Counter[str]()
        to = self.destination
        for block in log.blocks(known.position, inside_line=known.inside_line):
            cleaned = to.clean(block.lines)
            lines = cleaned.lines
            keys = record_keys(known.fingerprint, block)
            for start in range(0, len(lines), LINES_A_SEND):
                part = slice(start, start + LINES_A_SEND)
                self.producer.enqueue(to.topic, known.partition, keys[part], lines[part], to.headers)
            self.producer.flush()
            redacted += cleaned.redacted
            removed.update(cleaned.removed)
            known.position, known.inside_line = block.position_next, block.ends_open
            known.lines += len(lines)
            self.positions.save()
            self.progress(log.path, log.bytes_read())
        self.positions.save()
        return redacted, removed
