import tomllib
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transform.geography.addresses import read_addresses

NEARLY_V4 = st.text("0123456789. x:", max_size=17) | st.from_regex(r"\A\d{1,4}(\.\d{1,4}){2,4}\Z")


def cases() -> list[dict[str, Any]]:
    text = (Path(__file__).parents[2] / "data" / "addresses.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["case"]
    for case in listed:
        assert case.keys() <= {"why", "text", "address"}
    return listed


def keys(texts: pa.Array) -> list[tuple[int, int] | None]:
    """Give version and key of each row's address, None for what is none."""
    found = read_addresses(texts)
    answer: list[tuple[int, int] | None] = [None] * found.rows_total
    for version, rows, numbers in ((4, found.v4_rows, found.v4_keys), (6, found.v6_rows, found.v6_keys)):
        for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
            assert answer[row] is None, "one row, one address"
            answer[row] = version, number
    return answer


def expected_key(address: str | None) -> tuple[int, int] | None:
    if address is None:
        return None
    parsed = ip_address(address)
    return parsed.version, int(parsed) >> (64 if parsed.version == 6 else 0)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_a_case(case: dict[str, Any]) -> None:
    assert keys(pa.array([case["text"]])) == [expected_key(case.get("address"))]


def test_all_cases_in_one_column_with_nulls_between() -> None:
    texts = [text for case in cases() for text in (None, case["text"])]
    expected = [key for case in cases() for key in (None, expected_key(case.get("address")))]
    assert keys(pa.array(texts, pa.string())) == expected


def test_a_slice_of_a_column_is_read_from_its_own_begin() -> None:
    texts = pa.array(["9.9.9.9", "81.2.69.160", "host", "2a02::1", "8.8.8.8"])
    assert keys(texts.slice(1, 3)) == [expected_key("81.2.69.160"), None, expected_key("2a02::1")]


@pytest.mark.parametrize("texts", [[], [None], [None, None], ["", None]])
def test_columns_without_a_byte(texts: list[str | None]) -> None:
    assert keys(pa.array(texts, pa.string())) == [None] * len(texts)


@given(st.lists(st.ip_addresses(v=4), max_size=50))
def test_every_ipv4_address_is_read(addresses: list[IPv4Address]) -> None:
    texts = pa.array([str(address) for address in addresses], pa.string())
    assert keys(texts) == [(4, int(address)) for address in addresses]


@given(st.lists(st.text(max_size=20) | NEARLY_V4, max_size=20))
@example(["1.2.3.4", "01.2.3.4", "1.2.3.04", "1.2.3.0", "1.2.3.00"])
def test_ipv4_is_read_as_the_standard_library_reads_it(texts: list[str]) -> None:
    for text, key in zip(texts, keys(pa.array(texts, pa.string())), strict=True):
        try:
            expected = 4, int(IPv4Address(text))
        except AddressValueError:
            assert key is None or key[0] == 6 or ":" in text, "no IPv4 address, but perhaps an IPv6 address"
        else:
            assert key == expected


@given(st.ip_addresses(v=6))
def test_ipv6_is_read_as_the_standard_library_reads_it(address: IPv6Address) -> None:
    carried = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    if carried is None and int(address) >> 32 == 0x64FF9B << 64:
        carried = IPv4Address(int(address) & 0xFFFF_FFFF)
    expected = (4, int(carried)) if carried else (6, int(address) >> 64)
    for text in (str(address), address.exploded.upper(), f"[{address}]", f"{address}%7"):
        assert keys(pa.array([text])) == [expected]
