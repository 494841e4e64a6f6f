"""The records as numbers, and the same as JSON: text is made at the very end, a block at a time.

Every row has `number` (of its event id), `time_ms` and `arrives_ms` (UTC), `account` (below 0: nobody's), `spoil` (0: none; else a
place in the source's list of spoils, from 1), `repeated` (an earlier row had its number) and `late`.
"""

from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Rows: TypeAlias = npt.NDArray[np.void]

DAY_MS: Final = 86_400_000
SOURCES: Final = ("registration", "transaction", "clickstream")
ID_BYTES: Final = 16
COMMON: Final[list[tuple[str, Any]]] = [
    ("number", np.int64),
    ("time_ms", np.int64),
    ("arrives_ms", np.int64),
    ("account", np.int32),
    ("spoil", np.int16),
    ("repeated", np.bool_),
    ("late", np.bool_),
]
REGISTRATION: Final = np.dtype([*COMMON, ("version", np.int8)])
CLICK: Final = np.dtype(
    [
        *COMMON,
        ("address", np.int32),  # in Addresses.texts
        ("agent", np.int16),  # in Agents.texts
        ("page", np.int32),  # in Pages
        ("referrer", np.int32),  # below 0: one from outside; else a page
        ("kind", np.int8),  # in KINDS
        ("named", np.bool_),  # the event names the account that it belongs to
        ("gpc", np.int8),  # 0: not said, 1: false, 2: true
        ("dnt", np.int8),
        ("automatic", np.bool_),
        ("zone_h", np.int8),  # the offset in which the time is written
    ]
)
ORDER: Final = np.dtype(
    [
        *COMMON,
        ("product", np.int32),  # in Shop.products
        ("cents", np.int64),
        ("currency", np.int8),  # in CURRENCIES
        ("quantity", np.int16),
    ]
)


class Registration(msgspec.Struct, omit_defaults=True):
    """One form, as JSON spells it; see the policy's source of this name."""

    event_id: str
    event_time: str
    customer_id: str
    role: str
    name: str
    email: str
    policy_version: str
    country: str | None = None
    company: str | None = None
    birth_date: str | None = None
    age: int | None = None
    phone: str | None = None
    opt_out: tuple[str, ...] | None = None
    auto_login_opt_in: bool | None = None


class Click(msgspec.Struct, omit_defaults=True):
    """One event of a visit, as JSON spells it; see the policy's source clickstream."""

    event_id: str
    site: str
    event_time: str
    url: str
    ip: str
    user_agent: str
    kind: str | None = None
    referrer: str | None = None
    title: str | None = None
    customer_id: str | None = None
    product: str | None = None
    auto_login: bool | None = None
    auto_login_opt_in: bool | None = None
    gpc: bool | None = None
    dnt: bool | None = None
    language: str | None = None


class Order(msgspec.Struct, omit_defaults=True):
    """One order, as JSON spells it; see the policy's source transaction."""

    event_id: str
    event_time: str
    order_id: str
    customer_id: str
    product: str
    vendor: str
    amount: float
    currency: str
    quantity: int | None = None
    coupon: str | None = None
    country: str | None = None


def times_of(time_ms: npt.NDArray[np.int64]) -> list[str]:
    """Write times as RFC 3339 in UTC, to the millisecond."""
    return [f"{time}Z" for time in np.datetime_as_string(time_ms.astype("datetime64[ms]")).tolist()]


def local_times_of(time_ms: npt.NDArray[np.int64], zone_h: npt.NDArray[np.int8]) -> list[str]:
    """Write times as RFC 3339, each in its own offset from UTC, in hours."""
    shifted = time_ms + zone_h.astype(np.int64) * 3_600_000
    texts = np.datetime_as_string(shifted.astype("datetime64[ms]")).tolist()
    ends = {zone: f"{'-' if zone < 0 else '+'}{abs(zone):02}:00" if zone else "Z" for zone in range(-12, 15)}
    return [text + ends[zone] for text, zone in zip(texts, zone_h.tolist(), strict=True)]


def event_ids(seed: int, source: str, count: int) -> list[str]:
    """Make the event ids (version 4 of UUID) of `count` numbers; equal seeds give equal ids."""
    rng = np.random.default_rng([seed, 40, SOURCES.index(source)])
    raw = rng.integers(0, 256, (count, ID_BYTES), np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = raw.tobytes().hex()
    places = range(0, 2 * ID_BYTES * count, 2 * ID_BYTES)
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-{digits[at + 12 : at + 16]}-{digits[at + 16 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in places
    ]
