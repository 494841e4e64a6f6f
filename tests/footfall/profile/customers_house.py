"""A warehouse with seven registered people and the profiles of last night, made through its own parts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from footfall.house import House
from tests.dashboards.profiles.staging.marts import AS_OF, mart

SEEN: Final = datetime(2026, 11, 20, 16, 7, tzinfo=UTC)
REGISTERED: Final = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
PEOPLE: Final[Mapping[str, tuple[str, list[str]]]] = {
    "S-plain": ("seller", []),
    "S-champion": ("seller", []),
    "S-no-newsletter": ("seller", ["newsletter"]),
    "S-no-profile": ("seller", ["profile"]),
    "S-now-customer": ("customer", []),
    "C-plain": ("customer", []),
    "C-no-news": ("customer", ["service_news"]),
}
"""Who is registered by now: id to role and opt-outs."""
CHILD: Final = "S-child"
FORMS: Final = pa.schema(
    [
        ("event_id", pa.string()),
        ("event_time", pa.timestamp("us", "UTC")),
        ("customer_id", pa.string()),
        ("role", pa.string()),
        ("name", pa.string()),
        ("email", pa.string()),
        ("policy_version", pa.string()),
        ("country", pa.string()),
        ("company", pa.string()),
        ("phone", pa.string()),
        ("opt_out", pa.list_(pa.string())),
        ("auto_login_opt_in", pa.bool_()),
    ]
)


def form(customer_id: str, role: str, opt_out: list[str] | None, *, at: datetime = REGISTERED) -> dict[str, Any]:
    """Give one registration form."""
    return {
        "event_id": f"form of {customer_id} at {at}",
        "event_time": at,
        "customer_id": customer_id,
        "role": role,
        "name": f"Name of {customer_id}",
        "email": f"{customer_id.lower()}@mail.example",
        "policy_version": "1.4",
        "opt_out": opt_out,
    }


def register(house: House, forms: list[dict[str, Any]], children: tuple[str, ...] = ()) -> None:
    """Take forms into the registry, as the worker does."""
    start = house.subjects.mark("cluster/registration/0") or 0
    flagged = np.array([house.subjects.pseudonym(child) for child in children], np.int64)
    taken = pa.Table.from_pylist(forms, schema=FORMS)
    house.subjects.commit(taken, flagged, app_id="cluster/registration/0", start=start, end=start + 1)


def profile(customer: int, role: str, segment: str) -> dict[str, Any]:
    """Give one profile as the nightly model makes it."""
    return {
        "customer": customer,
        "role": role,
        "segment": segment,
        "last_seen": SEEN,
        "views": 4,
        "orders": 2,
        "monetary": Decimal("51.09"),
        "r": 5,
        "f": 4,
        "m": 3,
        "recency_days": 2,
        "categories": [("tools", 0.75), ("help", 0.25)],
        "last_paths": [
            {"path": "/tools/saw", "minute": SEEN},
            {"path": "/help", "minute": SEEN.replace(day=19)},
        ],
    }


@contextmanager
def opened(folder: Path, *, profiles: bool = True) -> Iterator[House]:
    """Make a warehouse and open it; without `profiles` no night has passed."""
    with House.open(folder, create=True) as house:
        register(house, [form(name, role, opt_out) for name, (role, opt_out) in PEOPLE.items()], children=(CHILD,))
        if profiles:
            rows = [
                profile(
                    house.subjects.pseudonym(name),
                    "customer" if name.startswith("C") else "seller",
                    "champion" if name == "S-champion" else "regular",
                )
                for name in (*PEOPLE, CHILD)
            ]
            made = mart("customer_profiles", sorted(rows, key=lambda row: row["customer"]))
            house.lake.table("customer_profiles").replace_days(made, None, watermarks={})
            daily = [{"customer": row["customer"], "views": 4, "orders": 2, "amount": row["monetary"]} for row in rows]
            house.lake.table("customer_daily").replace_days(mart("customer_daily", daily), [AS_OF], watermarks={})
        yield house


def names_of(house: House, customers: list[int]) -> set[str]:
    """Say whose numbers these are."""
    known = {house.subjects.pseudonym(name): name for name in (*PEOPLE, CHILD)}
    return {known[customer] for customer in customers}
