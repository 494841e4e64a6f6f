"""What the steps may know of the world: given to them, never fetched by them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

import numpy as np
import numpy.typing as npt
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
        customer_key: the key of customers' pseudonyms, 16 bytes; it lives as long as their rows (R25).
        event_key: the key of the hashes by which repeated events are known, 16 bytes.
        is_child: tells of distinct profile pseudonyms which of them are flagged as a child's (R10).
        is_seen: tells of event hashes which of them were stored before this intake (R53).
        sites: the registered sites (R4); when empty, any well-formed name is one.
        products: the registered products; when empty, any is one.
        categories: by site, what the first segment of a path is called as a category; others are called as they are.
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
    customer_key: bytes
    event_key: bytes
    is_child: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]]
    is_seen: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]]
    sites: frozenset[str]
    products: frozenset[str]
    categories: Mapping[str, Mapping[str, str]]
