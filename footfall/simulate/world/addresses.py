"""Addresses of the world's networks, drawn from the geography table that ships with Footfall."""

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from policy.errors import FootfallError
from transform.geography import Places, PlacesError
from transform.geography.intervals import Intervals

COUNTRIES: Final = (
    # country, share of the visitors, hours of its clock before UTC's
    ("US", 30.0, -6),
    ("DE", 11.0, 1),
    ("GB", 9.0, 0),
    ("FR", 7.0, 1),
    ("IL", 6.0, 2),
    ("IN", 6.0, 5),
    ("BR", 5.0, -3),
    ("JP", 4.0, 9),
    ("CA", 4.0, -5),
    ("NL", 3.0, 1),
    ("AU", 3.0, 10),
    ("ES", 2.5, 1),
    ("IT", 2.5, 1),
    ("PL", 2.0, 1),
    ("MX", 1.5, -6),
    ("SE", 1.0, 1),
    ("ZA", 1.0, 2),
    ("KR", 0.7, 9),
    ("IS", 0.05, 0),  # some places have so few visitors that none of their regions may be shown
    ("MT", 0.03, 1),
)
IPV6_SHARE: Final = 0.18


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses that are all different, in random order.

    Attributes:
        texts: as a server writes them (binary array).
        countries: the place of each one's country in `COUNTRIES` (int8).
    """

    texts: pa.Array
    countries: npt.NDArray[np.int8]


def draw_addresses(rng: np.random.Generator, count: int) -> Addresses:
    """Draw at most `count` addresses, a few fewer where two draws met.

    Raises:
        FootfallError: the geography table is not in this installation.
    """
    shares = np.cumsum([share for _, share, _ in COUNTRIES])
    countries = np.searchsorted(shares / shares[-1], rng.random(count), side="right").astype(np.int8)
    is_v6 = rng.random(count) < IPV6_SHARE
    try:
        tables = Places.shipped().tables
    except PlacesError:
        raise FootfallError("transform/geography/data is missing or damaged; install Footfall again") from None
    v4 = _draw(rng, tables.v4, tables.places, countries[~is_v6])
    v6 = _draw(rng, tables.v6, tables.places, countries[is_v6])
    texts = pa.concat_arrays([_ipv4_texts(v4), _ipv6_texts(v6, rng.integers(0, 2**64, len(v6), np.uint64))])
    keys = np.concatenate([v4, v6])  # no top half of an IPv6 address is as small as an IPv4 address
    countries = np.concatenate([countries[~is_v6], countries[is_v6]])
    _, first = np.unique(keys, return_index=True)
    order = rng.permutation(first)
    return Addresses(texts.take(pa.array(order)), countries[order])


def _draw(
    rng: np.random.Generator, table: Intervals, places: tuple[str, ...], countries: npt.NDArray[np.int8]
) -> npt.NDArray[np.uint64]:
    """Draw a number of each wanted country: first one of its intervals, then a place in that."""
    starts = table.starts.astype(np.uint64)
    number_of = {code: number for number, (code, _, _) in enumerate(COUNTRIES)}
    known = np.array([*(number_of.get(place[:2], -1) for place in places), -1], np.int8)  # the last is for no place
    owners = known[table.places]
    owners[-1] = -1  # the table does not say where its last interval ends
    drawn = np.zeros(len(countries), np.uint64)
    for country in range(len(COUNTRIES)):
        wanted = np.flatnonzero(countries == country)
        intervals = np.flatnonzero(owners == country)
        chosen = intervals[rng.integers(0, len(intervals), len(wanted))]
        drawn[wanted] = starts[chosen] + rng.integers(0, starts[chosen + 1] - starts[chosen], dtype=np.uint64)
    return drawn


def _ipv4_texts(numbers: npt.NDArray[np.uint64]) -> pa.Array:
    octets = pa.array([str(octet) for octet in range(256)])
    parts = [octets.take(pa.array(numbers >> np.uint64(shift) & np.uint64(255))) for shift in (24, 16, 8, 0)]
    return pc.binary_join_element_wise(*parts, ".").cast(pa.binary())


def _ipv6_texts(networks: npt.NDArray[np.uint64], hosts: npt.NDArray[np.uint64]) -> pa.Array:
    pairs = zip(networks.tolist(), hosts.tolist(), strict=True)
    return pa.array([str(IPv6Address(network << 64 | host)) for network, host in pairs], pa.binary())
