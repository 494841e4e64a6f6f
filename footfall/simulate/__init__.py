"""Traffic of a shop that does not exist, with the truth about it beside it: for demonstrations, tests and scans.

`world` stands still (shop, addresses, agents), `traffic` moves (people, robots, secrets, defects), `log_lines` spells it.
"""

from footfall.simulate.planted import Planted
from footfall.simulate.web_log import write_web_log

__all__ = ["Planted", "write_web_log"]
