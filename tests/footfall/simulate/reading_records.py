"""A slow, second way to read the simulated records, so that what they say of themselves is not taken on trust."""

import ipaddress
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

Record = dict[str, Any]
MANDATORY = {
    "registration": ("event_id", "event_time", "customer_id", "role", "name", "email", "policy_version"),
    "transaction": ("event_id", "event_time", "order_id", "customer_id", "product", "vendor", "amount", "currency"),
    "clickstream": ("event_id", "event_time", "site", "url", "ip", "user_agent"),
}
TEXTS = (*MANDATORY["registration"], *MANDATORY["clickstream"], "order_id", "product", "vendor", "currency", "coupon")
TEXTS += ("title", "referrer", "kind", "language", "company", "country", "phone", "birth_date", "collected_via")
FLAGS = ("gpc", "dnt", "auto_login", "auto_login_opt_in")
HALF_HOUR = timedelta(minutes=30)


@dataclass(slots=True)
class Person:
    """What one customer did, by reading."""

    minutes: list[datetime] = field(default_factory=list)
    views: list[tuple[datetime, str]] = field(default_factory=list)
    orders: list[datetime] = field(default_factory=list)
    amount: Decimal = Decimal(0)

    def sessions(self) -> Counter[date]:
        """Count sessions by the day on which each began."""
        ordered = sorted(self.minutes)
        return Counter(
            now.date()
            for before, now in zip([None, *ordered], ordered, strict=False)
            if not before or now - before > HALF_HOUR
        )

    def categories(self) -> Counter[str]:
        """Count views by the first segment of the path."""
        segments = (path.split("/")[1] for _, path in self.views)
        return Counter(segment for segment in segments if segment)


def lines_of(folder: Path, source: str) -> list[bytes]:
    """Give the lines of one source without their ends."""
    return (folder / f"{source}.jsonl").read_bytes().split(b"\n")[:-1]


def good_records(folder: Path, source: str) -> tuple[list[Record], int]:
    """Read the records that nothing is wrong with, and count those that repeat the id of one of them."""
    found: dict[str, Record] = {}
    repeated = 0
    for line in lines_of(folder, source):
        record = _record(source, line)
        if record is None:
            continue
        repeated += record["event_id"] in found
        found.setdefault(record["event_id"], record)
    return list(found.values()), repeated


def is_named(record: Record) -> bool:
    """Tell an event under a customer's name from one under nobody's."""
    return bool(record.get("customer_id")) and not record.get("gpc") and not record.get("dnt")


def persons(clicks: list[Record], orders: list[Record]) -> dict[str, Person]:
    """Gather what was done under each customer id."""
    found: dict[str, Person] = defaultdict(Person)
    for record in filter(is_named, clicks):
        person = found[record["customer_id"]]
        person.minutes.append(minute_of(record))
        if record.get("kind") in {None, "page_view"}:
            person.views.append((minute_of(record), urlsplit(record["url"]).path))
    for record in orders:
        person = found[record["customer_id"]]
        person.orders.append(minute_of(record))
        person.amount += Decimal(str(record["amount"])) if record["currency"] == "USD" else 0
    return found


def minute_of(record: Record) -> datetime:
    """Give the minute of a record, in UTC."""
    return datetime.fromisoformat(record["event_time"]).astimezone(UTC).replace(second=0, microsecond=0)


def _record(source: str, line: bytes) -> Record | None:
    try:
        record = json.loads(line)
        if len(line) > 64 * 1024 or not isinstance(record, dict):
            return None
        if not all(record.get(name) for name in MANDATORY[source]) or not _has_types(record):
            return None
        UUID(record["event_id"])
        if not 2000 < minute_of(record).year < 2100:
            return None
        if "ip" in record:
            ipaddress.ip_address(record["ip"])
    except ValueError:
        return None
    return record


def _has_types(record: Record) -> bool:
    given = {name: value for name, value in record.items() if value is not None}
    return (
        all(isinstance(given[name], str) for name in TEXTS if name in given)
        and all(isinstance(given[name], bool) for name in FLAGS if name in given)
        and all(isinstance(given[name], int | float) for name in ("amount", "quantity", "age") if name in given)
        and isinstance(given.get("opt_out", []), list)
        and len(given.get("country", "DE")) == 2
        and re.fullmatch("[A-Z]{3}", given.get("currency", "USD")) is not None
        and given.get("role", "seller") in {"customer", "seller"}
        and "@" in given.get("email", "@")
        and re.fullmatch(r"\d{4}-\d\d-\d\d", given.get("birth_date", "2000-01-01")) is not None
        and given.get("collected_via") is None
    )
