"""The whole way of the planted records, as a user goes it: every verb of the command line, on a warehouse of its own.

Nothing of the user's own settings, keys or broker is used or seen: the environment is set aside for as long as it lasts.
"""

import io
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from footfall.__main__ import application
from footfall.canaries.planting import OURS, Planted
from footfall.commands.pipeline.ship import source_partitions
from footfall.house import House, now_ms
from footfall.memory import search_again
from footfall.terminal import err
from ingest.wire.broker import embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from policy.errors import FootfallError

SOURCES: Final = ("web_log", "registration", "transaction", "clickstream")
KEPT_VARIABLES: Final = frozenset({"FOOTFALL_KAFKA_JARS"})
SETTINGS: Final = '[kafka]\npartitions = 1\n[sites.shop]\nhosts = ["www.shop.example"]\n'

QUESTIONS: Final = (
    ("batch", "operations", "select * from hits order by all"),
    ("batch", "operations", "select * from dead_letters order by all"),
    ("batch", "operations", "select * from intakes order by all"),
    ("batch", "operations", "select * from replays order by all"),
    ("batch", "profile", "select * from customer_events order by all"),
    ("batch", "profile", "select * from purchases order by all"),
    ("marketing", "profile", "select * from customer_profiles order by all"),
    ("analyst", "geo_statistics", "select * from page_daily order by all"),
    # These fail, and what they say may not tell what stands in a row.
    ("batch", "operations", "select cast(path as integer) from hits order by path"),
    ("batch", "operations", "select cast(query as date) from hits order by path"),
    ("batch", "operations", "select error(path) from hits order by path"),
    ("batch", "profile", "select cast(product as decimal(4, 2)) from purchases order by product"),
    ("marketing", "profile", "select last_paths[1].path::integer from customer_profiles order by customer"),
    ("analyst", "geo_statistics", "select path from hits order by path"),
)


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folders of a journey, all below one.

    Attributes:
        root: the folder; nothing is written anywhere else.
        given: what our own senders read; not a part of the warehouse.
    """

    root: Path
    given: Path

    @property
    def data(self) -> Path:
        """The warehouse."""
        return self.root / "warehouse"

    @property
    def out(self) -> Path:
        """Reports, exports, and what the verbs printed."""
        return self.root / "out"

    @property
    def temporary(self) -> Path:
        """What programs take for TMPDIR."""
        return self.root / "tmp"


@contextmanager
def alone(scratch: Scratch) -> Iterator[None]:
    """Set the user's environment aside, and let temporary files go into the scratch folder."""
    for folder in (scratch.data, scratch.out, scratch.temporary):
        folder.mkdir(mode=0o700, parents=True)
    (scratch.data / "footfall.toml").write_text(SETTINGS)
    before, temporary = dict(os.environ), tempfile.tempdir
    for name in [name for name in before if name.startswith("FOOTFALL_") and name not in KEPT_VARIABLES]:
        del os.environ[name]
    # A settings file is named, so that none of the current folder is read.
    more = {
        "FOOTFALL_DATA": scratch.data,
        "FOOTFALL_CONFIG": scratch.data / "footfall.toml",
        "TMPDIR": scratch.temporary,
    }
    os.environ.update({name: str(path) for name, path in more.items()})
    tempfile.tempdir = None
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = temporary


def travel(
    scratch: Scratch, planted: Sequence[Planted], crowd: dict[str, list[bytes]], *, to_the_end: bool = True
) -> None:
    """Send everything on its way: to Kafka by ship and by another program, into the warehouse, through a night, and out."""
    verbs = _Verbs(scratch.out)
    with embedded_broker(scratch.data):
        for source, file in _write_files(scratch.given, planted, crowd).items():
            verbs("ship", "--source", source, *(("--site", "shop") if source == "web_log" else ()), str(file))
        with House.open(create=True) as house, house.kafka() as connection:
            _send_foreign(house, connection, planted)
        verbs("ingest", "--drain")
        search_again()  # this program is more than a worker
        verbs("dead-letters", "replay")
        verbs("dead-letters", "list", "--json")
    if to_the_end:
        verbs("nightly", "--now")
        _ask(verbs, scratch.out)


def _ask(verbs: "_Verbs", out: Path) -> None:
    """Bring everything out that can be brought out."""
    verbs("status", "--json")
    verbs("report", "-o", str(out / "report.html"))
    verbs("report", "--role", "marketing", "-o", str(out / "customers.html"))
    for form in ("csv", "json"):
        file = str(out / f"sellers.{form}")
        verbs("profile", "export", "--audience", "seller", "--for", "newsletter", "--format", form, "-o", file)
    verbs("profile", "show", "customer-0000")
    verbs("keys", "status")
    verbs("policy", "check", "--json")
    for role, purpose, question in QUESTIONS:
        verbs("sql", "--role", role, "--purpose", purpose, "--format", "json", question)


def _write_files(folder: Path, planted: Sequence[Planted], crowd: dict[str, list[bytes]]) -> dict[str, Path]:
    """Write the files that our own senders are given."""
    folder.mkdir(parents=True)
    files = {}
    for source in SOURCES:
        ours = [one.record for one in planted if one.sender == OURS and one.place.source == source]
        files[source] = folder / f"{source}.log"
        files[source].write_bytes(b"".join(record + b"\n" for record in [*crowd[source], *ours]))
    return files


def _send_foreign(house: House, connection: Connection, planted: Sequence[Planted]) -> None:
    """Send the other records as another program would: as they are."""
    waiting: dict[tuple[str, tuple[tuple[str, bytes], ...]], list[Planted]] = defaultdict(list)
    for one in planted:
        if one.sender != OURS:
            waiting[one.place.source, tuple(one.headers.items())].append(one)
    partitions = {source: source_partitions(house, connection, source)[0].number for source in SOURCES}
    with ColumnarProducer(connection, now_ms) as producer:
        for (source, headers), ones in waiting.items():
            keys = pa.array([one.key for one in ones], pa.binary())
            values = pa.array([one.record for one in ones], pa.binary())
            producer.enqueue(source, partitions[source], keys, values, dict(headers))
        producer.flush()


class _Verbs:
    """Runs verbs in this process and keeps what they print; one that fails says so in one line, as for users."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    def __call__(self, *words: str) -> None:
        """Run one verb to its end."""
        self._number += 1
        printed = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                application((words[0],))(list(words), standalone_mode=False)
            except FootfallError as error:
                err.print(f"footfall: {error}", markup=False, soft_wrap=True)
        printed.seek(0)
        (self._folder / f"{self._number:02}-{words[0]}.txt").write_text(printed.read())
