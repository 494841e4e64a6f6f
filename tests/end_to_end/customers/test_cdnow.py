"""A published record of purchases gives its published summary: repeat-purchase days, recency and age in weeks (R17, R30).

The 2,357 customers of CDNOW's one-tenth sample (Fader and Hardie) register, and their purchases of 1997 and 1998 come through
Kafka as a backfill; the summary of the calibration period, which ends on 1997-09-30, is asked in SQL.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from footfall.house import House
from tests.end_to_end.conftest import Footfall

pytestmark = pytest.mark.kafka

SUMMARY = """
with days as (
  select distinct customer, cast(order_time as date) as day from purchases where order_time < '1997-10-01'
)
select
  customer,
  count(*) - 1 as frequency,
  round(date_diff('day', min(day), max(day)) / 7.0, 2) as recency,
  round(date_diff('day', min(day), date '1997-09-30') / 7.0, 2) as age
from days
group by customer
order by customer
"""


@pytest.fixture(scope="module")
def published(project: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Read the purchases and their summary from the wheel that carries them; it is never installed or imported."""
    (wheel,) = (project / "tests" / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        purchases = packed.read("lifetimes/datasets/CDNOW_sample.txt").decode().splitlines()
        summary = packed.read("lifetimes/datasets/cdnow_customers_summary.csv").decode()
    return purchases, list(csv.DictReader(io.StringIO(summary)))


def registration(customer: int) -> dict[str, Any]:
    return {
        "event_id": str(uuid5(NAMESPACE_URL, f"registration/{customer}")),
        "event_time": "1997-01-01T00:00:00Z",
        "customer_id": f"cdnow-{customer}",
        "role": "customer",
        "name": f"Customer {customer}",
        "email": f"customer-{customer}@example.com",
        "policy_version": "1.4",
    }


def transaction(number: int, line: str) -> dict[str, Any]:
    _, customer, day, quantity, dollars = line.split()
    return {
        "event_id": str(uuid5(NAMESPACE_URL, f"transaction/{number}")),
        "event_time": datetime.strptime(f"{day} +0000", "%Y%m%d %z").isoformat(),
        "order_id": f"order-{number}",
        "customer_id": f"cdnow-{int(customer)}",
        "product": "compact disc",
        "vendor": "cdnow",
        "amount": dollars,
        "currency": "USD",
        "quantity": int(quantity),
    }


def test_the_published_summary_comes_out(
    new_footfall: Callable[..., Footfall], published: tuple[list[str], list[dict[str, str]]], tmp_path: Path
) -> None:
    purchases, summary = published
    names = {"frequency": "frequency", "recency": "recency", "T": "age"}
    expected = {(int(row["ID"]), names[name]): float(row[name]) for row in summary for name in names}
    customers = [int(row["ID"]) for row in summary]
    assert (len(purchases), len(customers)) == (6919, 2357)
    people = [registration(customer) for customer in customers]
    orders = [transaction(number, line) for number, line in enumerate(purchases)]
    for source, records in (("registration", people), ("transaction", orders)):
        (tmp_path / f"{source}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    made = new_footfall(kafka=True)
    for source in ("registration", "transaction"):
        made("ship", "--source", source, "--backfill", str(tmp_path / f"{source}.jsonl"))
    made("ingest", "--drain")
    totals = made.status()["totals"]
    assert (totals["lines_in"], totals["kept"]) == (2357 + 6919, 2357 + 6919)

    found = made.rows(SUMMARY, purpose="profile")
    with House.open(made.data) as house:
        ids = {house.subjects.pseudonym(f"cdnow-{customer}"): customer for customer in customers}
    figures = {(ids[row["customer"]], name): float(row[name]) for row in found for name in names.values()}
    assert figures == pytest.approx(expected, abs=0.011)  # weeks are published to two places
