from ipaddress import IPv4Network, IPv6Network

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transform.geography.intervals import NO_PLACE, WITHOUT_PLACE_V4, WITHOUT_PLACE_V6, Intervals

ROWS = st.dictionaries(st.integers(1, 63), st.integers(-1, 3), max_size=12)


def intervals(rows: dict[int, int], first: int = 0) -> Intervals:
    """Spread rows over the addresses 0.0.0.0 to 0.0.0.63."""
    ordered = sorted(({0: first} | rows).items())
    return Intervals(
        np.array([start for start, _ in ordered], np.uint32), np.array([place for _, place in ordered], np.int16)
    )


def spelt_out(table: Intervals) -> list[int]:
    return table.find(np.arange(70, dtype=np.uint32)).tolist()


@given(ROWS)
def test_an_address_has_the_place_of_the_last_row_before_it(rows: dict[int, int]) -> None:
    place, expected = 0, []
    for address in range(70):
        place = rows.get(address, place)
        expected.append(place)
    assert spelt_out(intervals(rows)) == expected


@given(ROWS, st.lists(st.tuples(st.integers(0, 31), st.sampled_from([30, 31, 32])), min_size=1, max_size=3))
def test_networks_without_place_lose_it_and_all_others_keep_theirs(
    rows: dict[int, int], chosen: list[tuple[int, int]]
) -> None:
    networks = tuple(IPv4Network((2 * address, length), strict=False) for address, length in chosen)
    before = spelt_out(intervals(rows))
    after = intervals(rows).without(networks)
    within = {int(address) for network in networks for address in network}
    assert spelt_out(after) == [NO_PLACE if address in within else place for address, place in enumerate(before)]
    assert (np.diff(after.starts.astype(np.int64)) > 0).all()
    assert (np.diff(after.places) != 0).all()


def test_the_end_of_the_space_can_lose_its_place() -> None:
    table = Intervals(np.zeros(1, np.uint64), np.zeros(1, np.int16)).without((IPv6Network("8000::/1"),))
    assert table.starts.tolist() == [0, 1 << 63]
    assert table.places.tolist() == [0, NO_PLACE]


def test_what_no_visitor_comes_from_includes_all_private_networks() -> None:
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"):
        assert IPv4Network(network) in WITHOUT_PLACE_V4
    for network in ("fc00::/7", "fe80::/10", "::1/128", "ff00::/8", "2001::/32", "2002::/16", "64:ff9b::/96"):
        assert any(IPv6Network(network).subnet_of(listed) for listed in WITHOUT_PLACE_V6)
