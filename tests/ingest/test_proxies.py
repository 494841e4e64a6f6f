"""A proxy that hides all visitors is noticed, without an address being noted."""

from datetime import datetime

import pyarrow as pa
import pytest

from ingest.proxies import ADDRESSES_MAX, ClientTally
from tests.ingest.conftest import NOON


class Findings:
    """Remembers the last word of each kind."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def note_finding(self, kind: str, site: str, detail: str, at: datetime) -> None:
        assert (site, at) == ("", NOON)
        self.words[kind] = detail


def noted(*intakes: list[str]) -> str | None:
    tally, findings = ClientTally(), Findings()
    for addresses in intakes:
        tally.add(pa.array(addresses).dictionary_encode())
    tally.report(findings, NOON)
    return findings.words.get("proxy")


@pytest.mark.parametrize(
    ("proxied", "others", "expected"),
    [
        (960, 40, "3 addresses carry 96% of the lines"),
        (940, 60, ""),
        (50, 0, None),
    ],
)
def test_three_addresses_that_carry_nearly_all_lines(proxied: int, others: int, expected: str | None) -> None:
    lines = [f"10.0.0.{number % 3}" for number in range(proxied)] + [f"192.0.2.{number}" for number in range(others)]
    assert noted(lines) == expected
    assert noted(lines[::2], lines[1::2]) == expected


def test_one_address_is_called_one() -> None:
    assert noted(["10.0.0.1"] * 100) == "1 address carries 100% of the lines"


def test_of_an_intake_only_frequent_addresses_are_kept_in_memory() -> None:
    tally = ClientTally()
    rare = [f"2001:db8::{number:x}" for number in range(20_000)]
    tally.add(pa.array(["192.0.2.1"] * 20 + rare + ["192.0.2.2"] * 60).dictionary_encode())
    assert {"192.0.2.1", "192.0.2.2"} < tally._counts.keys()
    assert len(tally._counts) == 3
    tally.add(pa.array([None, None], pa.string()).dictionary_encode())
    tally.add(pa.array(["192.0.2.3", None]).dictionary_encode())
    assert tally._counts["192.0.2.3"] == 1


def test_memory_is_bounded_and_the_frequent_ones_stay() -> None:
    tally = ClientTally()
    for part in range(5):
        rare = [f"2001:db8::{part}:{number:x}" for number in range(ADDRESSES_MAX)]
        tally.add(pa.array(["192.0.2.1"] * 300_000 + rare).dictionary_encode())
    assert len(tally._counts) <= 2 * ADDRESSES_MAX
    assert tally.share_of_few > 0.96
