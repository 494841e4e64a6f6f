"""Ordinary visitors and customers, among whom secrets are planted: without them nothing would be published."""

from typing import Final

from footfall.canaries.places import Surroundings, click, form, line, order, written
from footfall.canaries.places.events import REGISTERED

VISITORS: Final = 24
PAGES: Final = ("/", "/list", "/tools/saw", "/help")
CUSTOMERS: Final = 12


def crowd(around: Surroundings) -> dict[str, list[bytes]]:
    """Make the records of a quiet day, by source."""
    customers = [REGISTERED, *(f"customer-{number:04}" for number in range(1, CUSTOMERS))]
    addresses = [f"81.2.{number}.{number + 7}" for number in range(VISITORS)]
    lines = [line(around, address=address, target=page).encode() for address in addresses for page in PAGES]
    views = [written(click(around)) for _ in range(VISITORS)]
    views += [
        written({**click(around), "customer_id": customer, "url": f"https://www.shop.example{page}"})
        for customer in customers
        for page in PAGES
    ]
    forms = [
        written({**form(around), "customer_id": customer, "role": "seller", "name": f"Name of {customer}"})
        for customer in customers
    ]
    orders = [written({**order(around), "customer_id": customer}) for customer in customers]
    return {"web_log": lines, "clickstream": views, "registration": forms, "transaction": orders}
