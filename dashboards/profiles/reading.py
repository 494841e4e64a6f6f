"""From the answers of the panels' questions to the figures of the page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from dashboards.profiles.figures import (
    WEEKS,
    Bought,
    Customer,
    Group,
    Interest,
    ProfileFigures,
    Totals,
    Visited,
    Week,
)
from dashboards.profiles.options import ProfileOptions
from dashboards.questions import MARKETING, Ask, Inquiry

Row = Mapping[str, Any]


def read_profiles(ask: Ask, options: ProfileOptions) -> ProfileFigures:
    """Ask every question once and put the answers together; without profiles only the first."""
    totals = Totals(**Inquiry({MARKETING: ask}, {}).rows("profile_totals")[0])
    if totals.as_of is None:
        return ProfileFigures(totals)
    inquiry = Inquiry({MARKETING: ask}, {"as_of": totals.as_of, "customers_max": options.customers_max})
    daily: dict[int, list[Row]] = defaultdict(list)
    for row in inquiry.rows("profile_days"):
        daily[row["customer"]].append(row)
    return ProfileFigures(
        totals=totals,
        policy_versions=tuple(row["policy_version"] for row in inquiry.rows("profile_versions")),
        weeks=_weeks((row["week"], row) for row in inquiry.rows("profile_weeks")),
        segments=tuple(_group(row, "segment") for row in inquiry.rows("segments")),
        grid={(row["r"], row["f"]): _cell(row) for row in inquiry.rows("recency_frequency")},
        interests=tuple(Interest(**row) for row in inquiry.rows("interests")),
        countries=tuple(_group(row, "country") for row in inquiry.rows("profile_countries")),
        customers=tuple(_customer(row, daily[row["customer"]], totals.as_of) for row in inquiry.rows("profiles")),
    )


def _weeks(rows: Iterable[tuple[int, Row]]) -> tuple[Week, ...]:
    """Add up rows by the number of their week; weeks without rows are there, empty."""
    weeks = [Week() for _ in range(WEEKS)]
    for number, row in rows:
        week = weeks[number]
        weeks[number] = replace(
            week,
            views=week.views + row["views"],
            orders=week.orders + row["orders"],
            amount=week.amount + row["amount"],
        )
    return tuple(weeks)


def _group(row: Row, column: str) -> Group:
    return Group(row[column], row["customers"], row["orders"], row["amount"])


def _cell(row: Row) -> Group:
    """Read a cell of the grid, whose orders are not shown."""
    return Group(f"R{row['r']} F{row['f']}", row["customers"], 0, row["amount"])


def _customer(row: Row, daily: list[Row], as_of: date) -> Customer:
    """Put one profile together with its days."""
    fifths = (row["r"], row["f"], row["m"])
    shares: dict[str, float] = dict(row["categories"])
    return Customer(
        number=row["customer"],
        role=row["role"],
        segment=row["segment"],
        fifths=None if None in fifths else fifths,
        recency_days=row["recency_days"],
        orders=row["orders"],
        amount=row["monetary"] or Decimal(0),
        country=row["top_country"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        days_seen=row["days_seen"],
        sessions=row["sessions"],
        views=row["views"],
        weeks=_weeks((WEEKS - 1 - (as_of - day["event_date"]).days // 7, day) for day in daily),
        interests=dict(sorted(shares.items(), key=lambda entry: (-entry[1], entry[0]))),
        visited=tuple(
            Visited(page["minute"], page["path"])
            for page in sorted(row["last_paths"], key=lambda page: page["minute"], reverse=True)
        ),
        bought=tuple(Bought(day["event_date"], day["orders"], day["amount"]) for day in daily if day["orders"]),
    )
