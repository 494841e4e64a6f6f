"""All that a warehouse holds, in a form that is the same in two warehouses of the same records."""

from typing import Any

import sqlalchemy as sa

from footfall.house import House
from footfall.simulate.customers import PlantedCustomers
from policy import load_policy
from tests.end_to_end.conftest import Footfall
from warehouse.registry import schema

# All that a row says of its record; visitor numbers are random by day, pseudonyms by warehouse, intakes by how it was cut.
ROWS = {
    "operations": "select * exclude (visitor, intake, taken_at), count(*) as copies from hits group by all order by all",
    "profile": "select * exclude (customer), count(*) as copies from {table} group by all order by all",
}


def everything(footfall: Footfall, planted: PlantedCustomers) -> dict[str, Any]:
    """Give all rows of all facts and of the registry, with nothing in it that two warehouses may have different."""
    found: dict[str, Any] = {"hits": footfall.rows(ROWS["operations"])}
    with House.open(footfall.data) as house:
        ids = [*planted.customers, *planted.children, *planted.never_registered]
        named = {house.subjects.pseudonym(one): one for one in ids}
        for table in ("customer_events", "purchases"):
            found[table] = footfall.rows(ROWS["profile"].format(table=table), purpose="profile")
            customers = house.lake.table(table).read(columns=["customer"]).column("customer").to_pylist()
            found[f"{table} by customer"] = sorted(named[customer] for customer in customers)
        found["people"] = sorted(
            (named[row["customer"]], row["role"], row["registered_at"])
            for row in house.subjects.registered().to_pylist()
        )
        found["children"] = sorted(named[child] for child in house.subjects.children().tolist())
        for communication in sorted(load_policy().communications):
            out = house.subjects.opted_out(communication).column("customer").to_pylist()
            found[communication] = sorted(named[one] for one in out)
        with house.registry.read() as connection:
            for held in (schema.subjects, schema.opt_outs):
                found[held.name] = connection.execute(sa.select(sa.func.count()).select_from(held)).scalar_one()
    return found
