"""Every field of an order."""

from typing import Final

from footfall.canaries.places.place import Place, Surroundings
from footfall.canaries.places.records import Record, around_fields, field_of, moment, new_id
from footfall.canaries.secrets import BY_FORM, KINDS
from footfall.canaries.writings import JSON_WRITINGS

SOURCE: Final = "transaction"
FREE: Final = (
    "event_id",
    "event_time",
    "order_id",
    "customer_id",
    "currency",
    "quantity",
    "coupon",
    "country",
)
STORED: Final = ("product", "vendor")


def order(around: Surroundings) -> Record:
    """Make an order with nothing remarkable in it."""
    return {
        "event_id": new_id(around),
        "event_time": moment(around),
        "order_id": f"order-{around.rng.integers(10**6, 10**7)}",
        "customer_id": f"id-{around.rng.integers(10**6, 10**7)}",
        "product": "saw",
        "vendor": "tools",
        "amount": 19.9,
        "currency": "USD",
    }


ORDERS: Final = (
    *(Place(f"transaction.{name}", SOURCE, field_of(name, order), KINDS, JSON_WRITINGS) for name in FREE),
    # An address may be a sum of money as well.
    Place("transaction.amount", SOURCE, field_of("amount", order), KINDS - {"address_decimal"}, JSON_WRITINGS),
    *(
        Place(f"transaction.{name}", SOURCE, field_of(name, order), BY_FORM - {"cookie_pair"}, JSON_WRITINGS)
        for name in STORED
    ),
    *around_fields(SOURCE, order),
)
