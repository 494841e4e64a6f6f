"""The cases of ``tests/data/report_profiles.toml``: short rows to tables, texts to options."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from dashboards.profiles import ProfileOptions
from tests.dashboards.profiles.staging.marts import OPTIONS, Tables

DATA: Final = Path(__file__).parents[3] / "data" / "report_profiles.toml"


def load_cases() -> list[dict[str, Any]]:
    """Read all cases; each has its own reason."""
    cases: list[dict[str, Any]] = tomllib.loads(DATA.read_text("utf-8"))["case"]
    assert len({case["why"] for case in cases}) == len(cases)
    return cases


def tables_of(case: dict[str, Any]) -> Tables:
    """Take the rows out of a case and write them in full."""
    more = case.pop("more", {})
    profiles = [_profile(*row) for row in case.pop("profiles", [])]
    for profile in profiles:
        profile |= {name: _value(name, value) for name, value in more.pop(str(profile["customer"]), {}).items()}
    assert not more, "a customer of the case is left over"
    return {"customer_profiles": profiles, "customer_daily": [_day(*row) for row in case.pop("days", [])]}


def options_of(case: dict[str, Any]) -> ProfileOptions:
    """Take the options out of a case."""
    return replace(OPTIONS, **case.pop("options", {}))


def _profile(*row: Any) -> dict[str, Any]:
    columns = ("customer", "segment", "fifths", "recency_days", "orders", "monetary", "views", "top_country")
    profile = dict(zip(columns, row, strict=True))
    profile |= zip(("r", "f", "m"), profile.pop("fifths"), strict=False)
    if profile["recency_days"] < 0:
        profile["recency_days"] = None
    return profile | {"monetary": Decimal(profile["monetary"])}


def _day(customer: int, day: str, views: int, orders: int, amount: str) -> dict[str, Any]:
    return {
        "customer": customer,
        "event_date": date.fromisoformat(day),
        "views": views,
        "orders": orders,
        "amount": Decimal(amount),
    }


def _value(name: str, value: Any) -> Any:
    if name == "categories":
        return list(value.items())
    if name == "last_paths":
        return [{"path": path, "minute": datetime.fromisoformat(minute).replace(tzinfo=UTC)} for path, minute in value]
    return value
