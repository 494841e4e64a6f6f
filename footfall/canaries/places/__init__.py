"""Where secrets are planted: every part of a log's line, every field of every JSON record, and what is neither."""

from typing import Final

from footfall.canaries.places.events import CLICKS, click
from footfall.canaries.places.forms import FORMS, form
from footfall.canaries.places.lines import LINES, line
from footfall.canaries.places.orders import ORDERS, order
from footfall.canaries.places.place import Carrier, Place, Surroundings
from footfall.canaries.places.records import written

WHATS: Final[tuple[tuple[Carrier, str], ...]] = (
    ("key", "key"),
    ("header", "header"),
    ("header_name", "name of a header"),
)
CARRIERS: Final = tuple(
    Place(f"{source}: {what} of the Kafka record", source, build, carrier=carrier)
    for source, build in (
        ("web_log", lambda _, around: line(around).encode()),
        ("clickstream", lambda _, around: written(click(around))),
        ("registration", lambda _, around: written(form(around))),
        ("transaction", lambda _, around: written(order(around))),
    )
    for carrier, what in WHATS
)

PLACES: Final = (*LINES, *CLICKS, *FORMS, *ORDERS, *CARRIERS)

__all__ = ["PLACES", "Place", "Surroundings", "click", "form", "line", "order", "written"]
