"""What a program made, compared with the truth about its input: nobody wins by doing less."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds

from bench.input.truth import Truth
from bench.runs.child import Run, RunError
from policy import load_policy
from warehouse.lake import Lake


def check_rows(case: str, found: dict[str, int], truth: dict[str, int]) -> None:
    """Compare figures by their names.

    Raises:
        RunError: one differs.
    """
    for name, expected in truth.items():
        if found[name] != expected:
            raise RunError(f"{case}: {name} is {found[name]:,}, but the input holds {expected:,}")


def check_parquet(case: str, folder: Path, truth: Truth, *, events: bool) -> None:
    """Check a peer's Parquet files: rows and byte sum of the log lines, rows of the events."""
    lines = ds.dataset(folder / "web_log", format="parquet").to_table(columns=["bytes"])
    found = {"rows of log lines": lines.num_rows, "byte sum": int(pc.sum(lines.column("bytes")).as_py() or 0)}
    expected = {"rows of log lines": truth.lines_kept, "byte sum": truth.bytes_sum}
    if events:
        found["rows of events"] = ds.dataset(folder / "clickstream", format="parquet").count_rows()
        expected["rows of events"] = truth.events_kept
    check_rows(case, found, expected)


def check_lake(case: str, data: Path, truth: Truth) -> None:
    """Check a warehouse: rows of casual visitors and of customers, and the byte sum."""
    lake = Lake(data / "lake", load_policy(), lambda: datetime.now(UTC))
    hits, customers = lake.table("hits"), lake.table("customer_events")
    found = {
        "rows of casual visitors": hits.size()["rows"],
        "rows of customers": customers.size()["rows"],
        "byte sum": int(pc.sum(hits.read(columns=["bytes"]).column("bytes")).as_py() or 0),
    }
    expected = {
        "rows of casual visitors": truth.lines_kept + truth.events_kept - truth.events_of_customers,
        "rows of customers": truth.events_of_customers,
        "byte sum": truth.bytes_sum,
    }
    check_rows(case, found, expected)


def check_fetched(run: Run, truth: Truth) -> None:
    """Check what a program fetched: records of both topics, and the bytes of their values."""
    found = {"records": run.told["records"], "bytes of values": run.told["bytes"]}
    value_bytes = truth.line_bytes - truth.lines + truth.event_bytes
    check_rows(run.case, found, {"records": truth.records, "bytes of values": value_bytes})
