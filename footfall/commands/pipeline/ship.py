"""`footfall ship`: log files, and files of JSON records, to Kafka."""

import glob
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

from footfall.house import House, now, now_ms
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, reaching, working
from ingest.errors import LogFileError
from ingest.ship import Shipped, ship_files
from ingest.ship.events import EventCleaner, clean_lines
from ingest.ship.ship import Destination
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from ingest.wire.records import BACKFILL, Partition
from ingest.wire.topics import describe_topic, ensure_topic
from policy.errors import UsageError

Source: TypeAlias = Literal["web_log", "clickstream", "registration", "transaction"]
WEB_LOG: Final = "web_log"
DAY_MS: Final = 24 * 3600 * 1000
MAGIC: Final = "*?["


def command(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Files, plain or gzip, patterns like '*.log', or - for standard input."),
    ],
    source: Annotated[
        Source, typer.Option(help="What the lines are: those of a web server's log, or JSON records, one a line.")
    ] = WEB_LOG,
    site: Annotated[
        str, typer.Option(metavar="NAME", help="The site that the lines belong to (default: the setting site).")
    ] = "",
    backfill: Annotated[
        bool, typer.Option("--backfill", help="The records are history: none of them is late. Log lines never are.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send the lines of web-server logs (combined or common format), or JSON records, to Kafka.

    Each line is sent once: a file is recognised by its beginning, so one that was renamed, rotated, compressed or has
    grown goes on where it stopped. Credentials in lines, and fields of JSON records that the policy does not declare, are
    removed before Kafka sees them. Sending a file twice changes nothing.

    Examples:

      footfall ship /var/log/nginx/access.log

      footfall ship --site shop '/var/log/apache2/access.log*'

      zstd -dc old.log.zst | footfall ship -

      footfall ship --source transaction --backfill orders-2025.jsonl
    """
    if site and source != WEB_LOG:
        raise UsageError(f"--site is for log lines; each record of {source} names its own site or has none")
    paths = find_files(files)
    with House.open(data, config, create=True) as house, reaching(house) as connection, working("Shipping") as bar:
        shipped = ship(house, connection, paths, site or house.settings.site, bar, source=source, backfill=backfill)
    if json:
        print_json({"files": shipped})
        return
    for one in shipped:
        before = f", {count(one.lines_before, 'line')} had been sent before" if one.lines_before else ""
        what = "credentials" if source == WEB_LOG else "credentials or undeclared fields"
        secrets = f", {what} removed from {one.redacted:,}" if one.redacted else ""
        out.print(f"{one.file}: {count(one.lines, 'line')} sent{secrets}{before}", markup=False, soft_wrap=True)
        for name, times in one.fields_removed.items():
            out.print(f"  {name}: {times:,}", markup=False)


def ship(
    house: House,
    connection: Connection,
    paths: Sequence[Path],
    site: str,
    bar: Callable[[int, int], None],
    *,
    source: Source = WEB_LOG,
    backfill: bool = False,
) -> list[Shipped]:
    """Send files to the topic of their source, which is made with its declared retention when it is not there."""
    sizes = {path: _size(path) for path in paths}
    done: dict[Path, int] = {}

    def progress(path: Path, read_bytes: int) -> None:
        done[path] = read_bytes
        bar(sum(done.values()), sum(sizes.values()))

    is_log = source == WEB_LOG
    destination = Destination(
        partitions=source_partitions(house, connection, source),
        site=site if is_log else "",
        headers={BACKFILL: b"1"} if backfill else {},
        clean=clean_lines if is_log else EventCleaner(house.policy, source),
    )
    with ColumnarProducer(connection, now_ms) as producer:
        return ship_files(
            paths,
            producer,
            destination,
            folder=house.data / "ship",
            origins=house.registry,
            import_key=house.keyring.import_key(),
            now=now,
            progress=progress,
        )


def source_partitions(house: House, connection: Connection, source: str) -> list[Partition]:
    """List the partitions of the topic of a source, which has its name, making it when it is not there."""
    retention_ms = house.policy.windows.raw_topics_days * DAY_MS
    ensure_topic(connection, source, partitions=house.settings.kafka.partitions, retention_ms=retention_ms)
    return describe_topic(connection, source, source)


def find_files(names: Sequence[str]) -> list[Path]:
    """Turn names and patterns into files, each once; a name that exists is never read as a pattern.

    Raises:
        LogFileError: a name or pattern finds nothing.
    """
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if name == "-" or os.path.lexists(name) or not any(sign in name for sign in MAGIC):
            if name != "-":
                _look_at(path)
            found[path] = None
            continue
        matches = sorted(Path(match) for match in glob.glob(name, recursive=True) if os.path.isfile(match))  # noqa: PTH113, PTH207 - Path.glob takes no absolute pattern, Path.is_file may raise
        if not matches:
            raise LogFileError(f"{name}: no file matches this pattern")
        found.update(dict.fromkeys(matches))
    return list(found)


def _look_at(path: Path) -> None:
    try:
        path.lstat()
    except FileNotFoundError as error:
        raise LogFileError(f"{path}: there is no such file") from error
    except OSError as error:
        raise LogFileError(f"{path}: cannot be read: {error.strerror}") from error


def _size(path: Path) -> int:
    """Size of a file for the progress bar; 0 where there is none to tell, such as a pipe."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
