"""What the steps may know of the world: given to them, never fetched by them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

import pyarrow as pa

from policy import Policy
from transform.geography import Places


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one intake.

    Attributes:
        policy: the policy in force.
        places: turns addresses into countries and regions.
        geography_level: `region`, or `country` by choice.
        trusted_proxies: networks whose word about the client's address is believed.
        query_parameters: names of query parameters that may be kept.
        day_key: gives the secret key of a day; used in memory, never stored with rows.
        intake: the intake's id.
        taken_at: when the intake was taken.
        tally: told each line's client address, to notice proxies; it counts in memory only.
    """

    policy: Policy
    places: Places
    geography_level: Literal["region", "country"]
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    query_parameters: frozenset[str]
    day_key: Callable[[date], bytes]
    intake: str
    taken_at: datetime
    tally: Callable[[pa.DictionaryArray], None]
