"""What the doctor says of accounts that do not add up, of records that wait, and of records that nobody will ever read."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from kafka import KafkaAdminClient, TopicPartition

from footfall.commands.pipeline import ship as shipping
from footfall.commands.pipeline.ingest import ingest
from footfall.doctor.answers import accounts, breaks
from footfall.doctor.broker import kafka
from footfall.doctor.line import Line
from footfall.house import House, now_ms
from ingest.wire.broker import embedded_broker
from ingest.wire.topics import describe_topic
from tests.footfall.clauses.damaging import added, files
from tests.footfall.clauses.warehouse import rewrite

pytestmark = pytest.mark.kafka
LINES = 30
INTAKES = 3
DAY_MS = int(timedelta(days=1).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Shop:
    """A warehouse on a broker of its own, with three intakes of one partition in it.

    Attributes:
        data: its folder.
        logs: a folder for logs.
    """

    data: Path
    logs: Path

    def ship(self, name: str, lines: int = LINES) -> None:
        """Send a log of so many lines."""
        log = self.logs / f"{name}.log"
        agent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"
        log.write_text(
            "".join(
                f'203.0.113.{number} - - [22/Nov/2026:10:00:{number:02d} +0000] "GET /{name} HTTP/1.1" 200 5 "-" "{agent}"\n'
                for number in range(lines)
            )
        )
        with House.open(self.data, create=True) as house, house.kafka() as connection:
            shipping.ship(house, connection, [log], "shop", _quiet)

    def drain(self) -> None:
        """Take all that waits."""
        with House.open(self.data) as house, house.kafka() as connection:
            ingest(house, connection, drain=True, bar=_quiet)

    def copied(self, folder: Path) -> Path:
        """Copy the warehouse, to be damaged."""
        return shutil.copytree(self.data, folder / "data")

    def lines(self) -> dict[str, Line]:
        """Ask the doctor about accounts and Kafka."""
        with House.open(self.data) as house:
            return {line.name: line for line in (*accounts(house), *kafka(house))}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("doctor")
    made = Shop(folder / "data", folder)
    made.data.mkdir(mode=0o700)
    with embedded_broker(folder / "kafka") as broker:
        (made.data / "footfall.toml").write_text(
            f'[kafka]\nbootstrap = "{broker.bootstrap}"\npartitions = 1\n[ingest]\nrows_max = {LINES // INTAKES}\n'
        )
        with pytest.MonkeyPatch.context() as patch:
            # As if it had run for days: of a partition's records the later ones are the younger ones.
            patch.setattr(shipping, "now_ms", lambda: now_ms() - 2 * DAY_MS)
            made.ship("first")
        made.drain()
        yield made


def accounted(data: Path) -> dict[str, Line]:
    """Ask the doctor about accounts alone."""
    with House.open(data) as house:
        return {line.name: line for line in accounts(house)}


def in_order(data: Path, *chosen: int) -> list[Path]:
    """Name the files of the accounts by their first offset."""

    def first(file: Path) -> int:
        return int(pq.read_table(file, columns=["offset_from"]).column(0)[0].as_py())

    ordered = sorted(files(data, "intakes"), key=first)
    return [ordered[number] for number in chosen]


@pytest.mark.parametrize(
    ("chosen", "number", "says"),
    [
        ([0], 10, "; 10 hits are in no account"),
        ([1, 2], 20, "; 20 that were taken are in no account; 20 hits are in no account"),
    ],
)
def test_intakes_without_an_account_are_a_failure(
    shop: Shop, tmp_path: Path, chosen: list[int], number: int, says: str
) -> None:
    data = shop.copied(tmp_path)
    for file in in_order(data, *chosen):
        rewrite(file, lambda rows: rows.slice(0, 0))
    line = accounted(data)["offsets"]
    assert (line.state, line.number) == ("failure", number)
    assert line.said.endswith(says)
    assert "from a copy" in line.remedy


def test_accounts_that_were_edited_are_a_failure_even_where_they_balance(shop: Shop, tmp_path: Path) -> None:
    data = shop.copied(tmp_path)
    first, second, third = in_order(data, 0, 1, 2)
    rewrite(first, added("kept", 2))
    rewrite(second, lambda rows: added("kept", -2)(added("offset_from", -4)(rows)))
    rewrite(third, added("offset_from", 3))
    lines = accounted(data)
    assert (lines["accounts"].state, lines["accounts"].number) == ("failure", 4)
    assert "but for 4 in 2 of 3 accounts" in lines["accounts"].said
    assert (lines["offsets"].state, lines["offsets"].number) == ("failure", 7)
    assert "; 3 that were taken are in no account; 4 are in two" in lines["offsets"].said


@pytest.mark.parametrize(
    ("ranges", "mark", "found"),
    [
        ([(5, 10), (10, 12)], 12, (0, 0)),
        ([(10, 12), (5, 10)], 14, (2, 0)),
        ([(5, 10), (11, 12)], 12, (1, 0)),
        ([(5, 10), (8, 12)], 12, (0, 2)),
        ([(5, 20), (8, 12), (14, 20)], 20, (0, 10)),
        ([(5, 10), (10, 12)], 10, (0, 0)),  # a worker has added one since the mark was read
        ([], 7, (0, 0)),
    ],
)
def test_offsets_in_no_range_and_in_two_are_counted(
    ranges: list[tuple[int, int]], mark: int, found: tuple[int, int]
) -> None:
    assert breaks(ranges, mark) == found


def test_what_waits_and_what_is_lost_is_counted(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shop.lines()
    assert [lines[name].state for name in ("accounts", "offsets", "waiting records", "lost records")] == ["ok"] * 4
    assert lines["offsets"].said == f"{LINES} of 1 partitions in {INTAKES} intakes"
    monkeypatch.setattr(shipping, "now_ms", lambda: now_ms() - DAY_MS - 60_000)
    shop.ship("second", 20)
    monkeypatch.undo()
    shop.ship("third", 5)
    lines = shop.lines()
    waiting = lines["waiting records"]
    assert (waiting.state, waiting.number) == ("warning", 25)
    assert waiting.said.endswith("20 of them for more than a day")
    assert "Kafka removes them after 7 days" in waiting.remedy
    assert (lines["lost records"].state, "marks" in lines) == ("ok", False)

    data = shop.copied(tmp_path)
    with House.open(data) as house, house.kafka() as connection:
        (part,) = describe_topic(connection, "web_log")
        table = house.lake.table("intakes")
        mark = table.mark(part.app_id)
        assert mark is not None
        admin = KafkaAdminClient(**connection.options())
        admin.delete_records({TopicPartition("web_log", 0): mark + 22})
        admin.close()
        table.commit(table.stage(table.read().slice(0, 0)), app_id=part.app_id, start=mark, end=mark + 1000)
    lines = shop.lines()
    assert (lines["lost records"].state, lines["lost records"].number) == ("failure", 22)
    assert "--accept-gap" in lines["lost records"].remedy
    assert (lines["waiting records"].state, lines["waiting records"].number) == ("ok", 3)
    lines = Shop(data, tmp_path).lines()
    assert (lines["marks"].state, lines["marks"].number) == ("failure", 1)
    assert (lines["offsets"].state, lines["offsets"].number) == ("failure", 1000)


def _quiet(*_: object) -> None:
    """Nobody watches."""
