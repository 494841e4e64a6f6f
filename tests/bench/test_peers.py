"""The peers read the input as exactly as we ask of ourselves, and one that does less is found out."""

from pathlib import Path

import duckdb
import pytest

from bench.input.events import event_blocks
from bench.input.log_lines import log_blocks
from bench.input.places import write_places
from bench.input.truth import Truth
from bench.input.world import World
from bench.peers.duckdb_script import write as write_by_duckdb
from bench.peers.ordinary import TOPICS, Locator
from bench.peers.ordinary import write as write_by_pandas
from bench.runs.checks import check_parquet
from bench.runs.child import RunError

Values = dict[str, list[bytes]]


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth()


@pytest.fixture(scope="module")
def values(world: World, truth: Truth) -> Values:
    blocks = {"web_log": log_blocks(world, truth), "clickstream": event_blocks(world, truth)}
    return {topic: [value for block in found for value in block.values.to_pylist()] for topic, found in blocks.items()}


def test_the_duckdb_script_reads_everything(tmp_path: Path, values: Values, truth: Truth) -> None:
    database = duckdb.connect()
    for topic, found in values.items():
        (tmp_path / topic).mkdir()
        write_by_duckdb(database, topic, found, tmp_path / topic / "0.parquet")
    check_parquet("duckdb_script", tmp_path, truth, events=True)
    times = database.execute(f"select count(event_time) from '{tmp_path}/*/0.parquet'").fetchall()
    assert times == [(truth.rows,)]


def test_the_ordinary_design_reads_and_locates_everything(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, values: Values, truth: Truth
) -> None:
    places = tmp_path_factory.getbasetemp() / "places.mmdb"
    write_places(places)
    locate = Locator(str(places))
    for topic, (read, time_format) in TOPICS.items():
        (tmp_path / topic).mkdir()
        rows = [row for value in values[topic] if (row := read(value, locate))]
        assert all(row["country"] and row["region"] for row in rows)
        write_by_pandas(rows, time_format, tmp_path / topic / "0.parquet")
    check_parquet("ordinary", tmp_path, truth, events=True)


def test_who_leaves_a_line_out_is_found_out(tmp_path: Path, values: Values, truth: Truth) -> None:
    (tmp_path / "web_log").mkdir()
    write_by_duckdb(duckdb.connect(), "web_log", values["web_log"][1:], tmp_path / "web_log" / "0.parquet")
    with pytest.raises(RunError, match=f"rows of log lines is {truth.lines_kept - 1:,}, but the input holds"):
        check_parquet("duckdb_script", tmp_path, truth, events=False)
