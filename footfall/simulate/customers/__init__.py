"""Customers and sellers of the shop: they register, browse with and without a name, and buy.

`accounts`, `visits` and `orders` draw numbers, `records` spells them as JSON, `spoils` spoils some, `truth` says what must come out.
"""

from footfall.simulate.customers.records import SOURCES
from footfall.simulate.customers.sending import send_customers, write_customers
from footfall.simulate.customers.truth import PlantedCustomers

__all__ = ["SOURCES", "PlantedCustomers", "send_customers", "write_customers"]
