"""What must come out in the end: `planted` is its shape, `reckoning` works it out from the numbers that the records are made of."""

from footfall.simulate.customers.truth.planted import (
    PlantedCustomer,
    PlantedCustomers,
    PlantedDay,
    PlantedScores,
    PlantedSource,
)
from footfall.simulate.customers.truth.reckoning import describe_customers, fates_of, source_accounts, views_by_day

__all__ = [
    "PlantedCustomer",
    "PlantedCustomers",
    "PlantedDay",
    "PlantedScores",
    "PlantedSource",
    "describe_customers",
    "fates_of",
    "source_accounts",
    "views_by_day",
]
