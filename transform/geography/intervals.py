"""Runs of addresses that share a place, and the networks that have none.

A table of intervals has one row per run: its first address and the number of its place. A run ends where the next row
starts, and the first row starts at 0, so every address has a row, holes included. IPv4 addresses are whole (32 bits);
of IPv6 addresses only the top 64 bits count, for nothing finer is handed out to one visitor.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Final

import numpy as np
import numpy.typing as npt

NO_PLACE: Final = -1
PLACES_MAX: Final = int(np.iinfo(np.int16).max)
Keys = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]
PlaceNumbers = npt.NDArray[np.int16]

# Networks that no visitor comes from, whatever a database says of them (IANA's special-purpose registries), and those
# whose addresses carry an IPv4 address, which is looked up instead.
WITHOUT_PLACE_V4: Final = (
    IPv4Network("0.0.0.0/8"),  # this host
    IPv4Network("10.0.0.0/8"),  # private
    IPv4Network("100.64.0.0/10"),  # private, behind carriers
    IPv4Network("127.0.0.0/8"),  # loopback
    IPv4Network("169.254.0.0/16"),  # link-local
    IPv4Network("172.16.0.0/12"),  # private
    IPv4Network("192.0.0.0/24"),  # protocols
    IPv4Network("192.0.2.0/24"),  # documentation
    IPv4Network("192.168.0.0/16"),  # private
    IPv4Network("198.18.0.0/15"),  # benchmarks
    IPv4Network("198.51.100.0/24"),  # documentation
    IPv4Network("203.0.113.0/24"),  # documentation
    IPv4Network("224.0.0.0/4"),  # multicast
    IPv4Network("240.0.0.0/4"),  # reserved
)
WITHOUT_PLACE_V6: Final = (
    IPv6Network("::/3"),  # loopback, IPv4 addresses, NAT64
    IPv6Network("2001::/23"),  # protocols, Teredo
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("3fff::/20"),  # documentation
    IPv6Network("4000::/2"),  # reserved
    IPv6Network("8000::/1"),  # reserved, private, link-local, multicast
)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Runs in ascending order of `starts`; `places` holds a place number for each, or `NO_PLACE`."""

    starts: Keys
    places: PlaceNumbers

    def find(self, keys: Keys) -> PlaceNumbers:
        """Give the place number of each key; the keys need no order and have the dtype of `starts`."""
        # Sorting first keeps the binary search in the cache: ten times faster than the search alone.
        order = np.argsort(keys)
        found = np.empty(len(keys), np.int16)
        found[order] = self.places[np.searchsorted(self.starts, keys[order], side="right") - 1]
        return found

    def without(self, networks: tuple[IPv4Network, ...] | tuple[IPv6Network, ...]) -> "Intervals":
        """Take the place away from every address of `networks`."""
        starts, places = self.starts, self.places
        for network in networks:
            first, last = first_and_last_key(network)
            begin = int(np.searchsorted(starts, starts.dtype.type(first), side="left"))
            end = int(np.searchsorted(starts, starts.dtype.type(last), side="right"))
            inserted, numbers = [first], [NO_PLACE]
            row_after_starts = end < len(starts) and int(starts[end]) == last + 1
            if not row_after_starts and last != np.iinfo(starts.dtype).max:
                inserted.append(last + 1)
                numbers.append(int(places[end - 1]))
            starts = np.concatenate([starts[:begin], np.array(inserted, starts.dtype), starts[end:]])
            places = np.concatenate([places[:begin], np.array(numbers, np.int16), places[end:]])
        return Intervals(starts, places).merged()

    def merged(self) -> "Intervals":
        """Join neighbours that share a place."""
        differs = np.concatenate([[True], self.places[1:] != self.places[:-1]])
        return Intervals(self.starts[differs], self.places[differs])


def first_and_last_key(network: IPv4Network | IPv6Network) -> tuple[int, int]:
    """Give the keys of a network's ends: IPv4 addresses, or the top 64 bits of IPv6 addresses."""
    shift = 0 if isinstance(network, IPv4Network) else 64
    return int(network.network_address) >> shift, int(network.broadcast_address) >> shift
