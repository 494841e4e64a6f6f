"""Registration forms for tests, and the table that the steps make of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

AT: Final = datetime(2026, 11, 9, 12, tzinfo=UTC)
NOBODY: Final = np.empty(0, np.int64)
SCHEMA: Final = pa.schema(
    [
        pa.field("event_id", pa.string()),
        pa.field("event_time", pa.timestamp("us", "UTC")),
        *(pa.field(name, pa.string()) for name in ("customer_id", "role", "name", "email", "policy_version")),
        *(pa.field(name, pa.string()) for name in ("country", "company", "phone")),
        pa.field("opt_out", pa.list_(pa.string())),
        pa.field("auto_login_opt_in", pa.bool_()),
    ]
)


@dataclass(frozen=True, slots=True)
class Form:
    """One form, as the steps hand it on."""

    customer_id: str
    event_id: str = "0b1f0a52-1111-4111-8111-000000000001"
    event_time: datetime = AT
    role: str = "customer"
    name: str = "Joan Canary-Miller"
    email: str = "joan.canary@example.org"
    policy_version: str = "1.4"
    country: str | None = None
    company: str | None = None
    phone: str | None = None
    opt_out: tuple[str, ...] | None = None
    auto_login_opt_in: bool | None = None


class FixedKeys:
    """Keys of purposes without a keyring, always the same."""

    def purpose_key(self, purpose: str) -> bytes:
        return hashlib.sha256(purpose.encode()).digest()[:16]


def table(forms: Sequence[Form]) -> pa.Table:
    """Make the table of forms."""
    return pa.Table.from_pylist([{name: getattr(form, name) for name in SCHEMA.names} for form in forms], schema=SCHEMA)


def numbers(*customers: int) -> npt.NDArray[np.int64]:
    return np.array(customers, np.int64)


def minutes(count: int) -> datetime:
    return AT + timedelta(minutes=count)
