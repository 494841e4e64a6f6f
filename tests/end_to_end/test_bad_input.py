"""Bad input of every kind ends in one clear line and an exit code of 1 or 2, and loses nothing."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from footfall.house import House
from policy.errors import FootfallError, UsageError
from tests.end_to_end.conftest import Footfall

LINE = b'192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "Firefox"\n'
NewFootfall = Callable[..., Footfall]


def only_line(text: str) -> str:
    """Give the one line that was printed: no traceback, nothing else."""
    lines = [one for one in text.splitlines() if one.strip()]
    assert len(lines) == 1, text
    assert lines[0].startswith("footfall: ")
    return lines[0]


@pytest.fixture(scope="module")
def house(new_footfall: NewFootfall) -> Footfall:
    """Make one warehouse for those tests that send a line of their own."""
    return new_footfall(kafka=True).make()


def kept(house: Footfall) -> int:
    return int(house.status()["totals"]["kept"])


@pytest.mark.kafka
def test_files_that_cannot_be_read(house: Footfall, tmp_path: Path) -> None:
    """The readable file before the bad one is sent, and counts."""
    before = kept(house)
    good, binary = tmp_path / "good.log", tmp_path / "program"
    good.write_bytes(LINE)
    binary.write_bytes(bytes(range(256)) * 32)
    assert "no such file" in only_line(house("ship", str(tmp_path / "none.log"), code=2))
    assert "no file matches" in only_line(house("ship", str(tmp_path / "*.txt"), code=2))
    assert "is a folder" in only_line(house("ship", str(tmp_path), code=2))
    assert "is a binary file" in only_line(house("ship", str(good), str(binary), code=2))
    house("ingest", "--drain")
    assert kept(house) == before + 1


def test_no_broker(new_footfall: NewFootfall, tmp_path: Path) -> None:
    house = new_footfall(FOOTFALL_KAFKA_BOOTSTRAP="127.0.0.1:1")
    log = tmp_path / "access.log"
    log.write_bytes(LINE)
    with house.start(
        "ship", str(log)
    ) as process:  # a process of its own: kafka-python leaves sockets open when it finds nobody
        _, err = process.communicate()
    message = only_line(err)
    assert process.returncode == 1
    assert "127.0.0.1:1" in message
    assert "Is the broker running?" in message


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FOOTFALL_POLICY", "plimus-9.9", "plimus-1.4"),
        ("FOOTFALL_KAFKA_BOOTSTAP", "x", "did you mean FOOTFALL_KAFKA_BOOTSTRAP"),
        ("FOOTFALL_KAFKA_PARTITIONS", "none", "kafka.partitions"),
        ("FOOTFALL_MASTER_KEY", "short", "master key"),
    ],
)
def test_wrong_settings(new_footfall: NewFootfall, variable: str, value: str, message: str) -> None:
    house = new_footfall(**{variable: value}).make()
    code = 1 if variable == "FOOTFALL_MASTER_KEY" else 2
    assert message in only_line(house("status", code=code))


def test_an_unknown_configuration_key(new_footfall: NewFootfall, tmp_path: Path) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text('[geograhpy]\ndatabase = "x"\n')
    assert "unknown setting geograhpy.database" in only_line(
        new_footfall()("status", "--config", str(settings), code=2)
    )


@pytest.mark.kafka
def test_a_corrupt_geography_database_loses_nothing(house: Footfall, tmp_path: Path) -> None:
    before = kept(house)
    log, database = tmp_path / "access.log", tmp_path / "places.mmdb"
    log.write_bytes(LINE.replace(b"GET /", b"GET /places"))
    database.write_bytes(b"no database")
    house("ship", str(log))
    settings = tmp_path / "mine.toml"
    settings.write_text(f'[geography]\ndatabase = "{database}"\n')
    assert "places.mmdb" in only_line(house("ingest", "--drain", "--config", str(settings), code=1))
    house("ingest", "--drain")
    assert kept(house) == before + 1


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Permissions do not stop root, a path below a regular file does."""
    log = tmp_path / "access.log"
    log.write_bytes(LINE)
    house = Footfall(log / "data", {})
    assert "cannot be made" in only_line(house("ship", str(log), code=1))
    assert "cannot be made" in only_line(house("ingest", "--drain", code=1))


@pytest.mark.parametrize("words", [["status"], ["sql", "select 1"], ["nightly"], ["report", "-o", "page.html"]])
def test_reading_makes_no_warehouse(new_footfall: NewFootfall, words: list[str]) -> None:
    """A name mistyped is not an empty warehouse."""
    house = new_footfall()
    assert "there is no warehouse here" in only_line(house(*words, code=2))
    assert not house.data.exists()


def test_wrong_use_of_the_command_line(new_footfall: NewFootfall) -> None:
    house = new_footfall()
    assert "No such command" in house("shop", code=2)
    assert "Missing argument" in house("ship", code=2)
    assert "No such option" in house("status", "--jsn", code=2)


@pytest.mark.parametrize(("left_bytes", "said"), [(2**20, "the disk is full (1 MB left)"), (2**30, "cannot write")])
def test_a_full_disk_is_named_where_our_own_broker_fell_silent(
    new_footfall: NewFootfall, monkeypatch: pytest.MonkeyPatch, left_bytes: int, said: str
) -> None:
    @contextmanager
    def silent(*_: object, **__: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(bootstrap="127.0.0.1:9")

    monkeypatch.setattr("ingest.wire.broker.embedded_broker", silent)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=left_bytes))
    with House.open(new_footfall().make().data) as house, pytest.raises(FootfallError) as failed, house.kafka():
        raise FootfallError("cannot write at Kafka")
    assert said in str(failed.value)
    with House.open(house.data) as house, pytest.raises(UsageError, match="no such file"), house.kafka():
        raise UsageError("no such file")


@pytest.mark.parametrize(
    ("role", "question"),
    [
        ("analyst", "select * from hits"),
        ("analyst", "selekt"),
        ("nobody", "select 1"),
        ("analyst", "drop table geo_daily"),
        ("batch", "select * from read_parquet('/etc/passwd')"),
    ],
)
def test_questions_that_cannot_be_answered(new_footfall: NewFootfall, role: str, question: str) -> None:
    code, out, err = new_footfall().make().end("sql", "--role", role, question)
    assert code in {1, 2}
    assert out == ""
    only_line(err)


@pytest.mark.kafka
def test_a_log_of_another_format_says_so(new_footfall: NewFootfall, tmp_path: Path) -> None:
    log = tmp_path / "access.json"
    log.write_text('{"ip": "192.0.2.7"}\n' * 3)
    house = new_footfall(kafka=True)
    code, out, err = house.end("run", "--log", str(log))
    assert code == 1
    assert "none of 3 lines could be read" in err
    assert "Try next" not in out
    assert house.status()["totals"]["dead_letters"] == {"not_a_log_line": 3}
    assert re.search(r"^dead letters +3\n  not_a_log_line +3$", house("status"), re.MULTILINE)


@pytest.mark.kafka
def test_a_log_of_no_use_says_so_in_a_warehouse_that_has_others(new_footfall: NewFootfall, tmp_path: Path) -> None:
    line = '192.0.2.7 - - [17/May/{year}:10:05:00 +0000] "GET / HTTP/1.1" 200 9 "-" "Mozilla/5.0"\n'
    for year in (2015, 2090):
        (tmp_path / f"{year}.log").write_text(line.format(year=year))
    house = new_footfall(kafka=True)
    assert "Try next" in house("run", "--log", str(tmp_path / "2015.log"))
    message = house("run", "--log", str(tmp_path / "2090.log"), code=1)
    assert "the one line could not be kept: time_out_of_range 1. Times must lie after 1994 and no more" in message
    assert "Try next" in house("run", "--log", str(tmp_path / "2090.log")), "nothing new came"


@pytest.mark.kafka
@pytest.mark.parametrize("agent", ["", ' "-" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"'])
def test_a_log_without_browsers_says_that_bots_cannot_be_told(
    new_footfall: NewFootfall, tmp_path: Path, agent: str
) -> None:
    line = '192.0.2.{} - - [17/May/2015:10:05:00 +0000] "GET / HTTP/1.1" 200 9{}\n'
    (tmp_path / "access.log").write_text("".join(line.format(number, agent) for number in range(1, 31)))
    said = new_footfall(kafka=True)("run", "--log", str(tmp_path / "access.log"))
    assert "30 by people" in said
    assert ("Note: the log names no browsers" in said) == (not agent)


def test_a_log_that_is_not_there_makes_no_warehouse(new_footfall: NewFootfall, tmp_path: Path) -> None:
    house = new_footfall()
    message = house("run", "--log", str(tmp_path / "none.log"), code=2)
    assert message == f"footfall: {tmp_path / 'none.log'}: there is no such file\n"
    assert not house.data.exists()


def test_a_report_of_nothing_says_why(new_footfall: NewFootfall, tmp_path: Path) -> None:
    house, page = new_footfall().make(), tmp_path / "report.html"
    assert house("report", "-o", str(page)).startswith(f"{page}: 0 views, nothing to show yet, ")
    assert house("report", "-o", str(page), "--site", "typo").startswith(f"{page}: no lines of the site typo yet, ")


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_an_answer_that_cannot_be_written(new_footfall: NewFootfall, tmp_path: Path, ending: str) -> None:
    path = tmp_path / "none" / f"answer.{ending}"
    message = new_footfall().make()("sql", "-o", str(path), "select 1 as one", code=2)
    assert message == f"footfall: {path}: cannot be written: No such file or directory\n"


def test_a_reader_that_goes_away_is_no_traceback(new_footfall: NewFootfall) -> None:
    """As in `footfall status | head -0`."""
    house = new_footfall().make()
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, "-m", "footfall", "status", "--json", "--data", str(house.data)]
    with subprocess.Popen(words, stdout=write, stderr=subprocess.PIPE, text=True) as process:
        os.close(write)
        _, err = process.communicate()
    assert "Traceback" not in err
    assert process.returncode == 1
