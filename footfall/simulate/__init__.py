"""Traffic of a shop that does not exist, with the truth about it beside it: for demonstrations, tests and scans.

`world` stands still (shop, addresses, agents), `traffic` moves (people, robots, secrets, defects), `log_lines` spells it;
`customers` has the people with accounts, whose records are JSON.
"""

from footfall.simulate.customers import PlantedCustomers, send_customers, write_customers
from footfall.simulate.planted import Planted
from footfall.simulate.web_log import write_web_log

__all__ = ["Planted", "PlantedCustomers", "send_customers", "write_customers", "write_web_log"]
