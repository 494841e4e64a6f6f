import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transform.visits.client import HOPS_MAX, client_addresses, parse_address, usual_form

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("192.0.2.7"), ip_network("2001:db8:ffff::/48"))


def cases() -> list[dict[str, Any]]:
    text = (Path(__file__).parents[2] / "data" / "clients.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["case"]
    for case in listed:
        assert case.keys() <= {"why", "peer", "forwarded", "client"}
    return listed


def column(*texts: str | None) -> pa.DictionaryArray:
    return pa.array(texts, pa.string()).dictionary_encode()


def resolve(peers: list[str | None], chains: list[str | None]) -> list[str | None]:
    answer = client_addresses(column(*peers), column(*chains), TRUSTED)
    assert answer.type == pa.dictionary(pa.int32(), pa.string())
    return list(answer.to_pylist())


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_a_case(case: dict[str, Any]) -> None:
    assert resolve([case["peer"]], [case.get("forwarded")]) == [case["client"]]


def test_all_cases_in_one_column() -> None:
    listed = cases()
    answer = resolve([case["peer"] for case in listed], [case.get("forwarded") for case in listed])
    assert answer == [case["client"] for case in listed]


def test_without_trusted_proxies_the_peer_comes_back_as_it_is() -> None:
    peer = column("10.0.0.1", None)
    assert client_addresses(peer, column("203.0.113.9", "203.0.113.9"), ()) is peer


def test_a_row_without_a_peer_has_no_client() -> None:
    assert resolve([None, "10.0.0.1", None], ["203.0.113.9", "203.0.113.9", None]) == [None, "203.0.113.9", None]


def test_chunks_with_dictionaries_of_their_own() -> None:
    peers = pa.chunked_array([column("10.0.0.1", "198.51.100.1"), column("192.0.2.7")])
    chains = pa.chunked_array([column("203.0.113.9"), column("203.0.113.8", "203.0.113.7")])
    assert client_addresses(peers, chains, TRUSTED).to_pylist() == ["203.0.113.9", "198.51.100.1", "203.0.113.7"]


def test_a_resolved_address_that_is_also_a_peer_stands_once_in_the_dictionary() -> None:
    answer = client_addresses(column("203.0.113.9", "10.0.0.1"), column(None, "203.0.113.9"), TRUSTED)
    assert answer.to_pylist() == ["203.0.113.9", "203.0.113.9"]
    assert len(set(answer.dictionary.to_pylist())) == len(answer.dictionary)


def test_a_chain_of_many_proxies_is_read_only_so_far() -> None:
    chain = ", ".join(["203.0.113.9", "10.0.0.9", *["10.0.0.2"] * (HOPS_MAX - 1)])
    assert resolve(["10.0.0.1"], [chain]) == ["10.0.0.9"]


@given(st.text(alphabet='0123456789abcdef.:,[]% "-', max_size=60))
def test_the_answer_is_an_address_from_the_chain_or_the_peer(chain: str) -> None:
    (client,) = resolve(["10.0.0.1"], [chain])
    assert client is not None
    assert parse_address(client) is not None
    assert client == "10.0.0.1" or parse_address(client) in [parse_address(hop) for hop in chain.split(",")]


@given(st.text(alphabet="0123456789abcdef.:, unknow", max_size=40), st.ip_addresses(network="203.0.113.0/24"))
def test_what_a_client_writes_never_counts(forged: str, client: object) -> None:
    assert resolve(["10.0.0.1"], [f"{forged}, {client}, 10.2.3.4"]) == [str(client)]


@given(st.ip_addresses(v=6))
def test_every_form_of_an_address_is_the_same_text(address: Any) -> None:
    usual = str(address.ipv4_mapped or address)
    forms = [str(address), address.exploded, str(address).upper(), address.exploded.upper()]
    assert usual_form(pa.array(forms)).to_pylist() == [usual] * len(forms)


def test_what_is_no_address_keeps_its_form() -> None:
    texts = ["", "-", "ALPHA.example", "192.0.2.1", "1:2:3::4::5", "0:zz", "1:2:3:4:5:6::8"]
    assert usual_form(pa.array(texts)).to_pylist() == [*texts[:-1], "1:2:3:4:5:6:0:8"]
