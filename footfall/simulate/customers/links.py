"""Where clicks lead that lead away from the shop, of which only the host may be kept (R34)."""

from collections import Counter
from typing import Final

import numpy as np
import numpy.typing as npt

from footfall.simulate.customers.records import Rows

ELSEWHERE: Final = (
    # the host that may be kept, the whole address
    ("partner.example", "https://www.partner.example/offer?from=shop&customer=17#top"),
    ("maps.example", "https://maps.example/place/tea+house/@52.5,13.4"),
    ("video.partner.example", "https://guest@video.partner.example:8443/watch?v=tour"),
)


def place_of(rows: Rows) -> npt.NDArray[np.int64]:
    """Say for each click where in `ELSEWHERE` it would lead."""
    places: npt.NDArray[np.int64] = rows["number"] % len(ELSEWHERE)
    return places


def links_of(away: Rows) -> dict[str, int]:
    """Count clicks that lead away, by the host that they lead to."""
    places = Counter(place_of(away).tolist())
    return {ELSEWHERE[place][0]: count for place, count in sorted(places.items())}
