import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transform.urls import referrer_hosts
from transform.urls.hosts import HOST_LENGTH_MAX


def cases() -> list[dict[str, Any]]:
    text = (Path(__file__).parents[2] / "data" / "referrers.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["case"]
    for case in listed:
        assert {"why", "referrer"} <= case.keys() <= {"why", "referrer", "host"}
    return listed


def host_of(referrer: str | None) -> str | None:
    (host,) = referrer_hosts(pa.array([referrer], pa.string())).to_pylist()
    return None if host is None else str(host)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_a_case_r34(case: dict[str, Any]) -> None:
    assert host_of(case["referrer"]) == case.get("host")


def test_all_cases_in_one_column() -> None:
    listed = cases()
    hosts = referrer_hosts(pa.array([case["referrer"] for case in listed]))
    assert hosts.to_pylist() == [case.get("host") for case in listed]


def test_no_referrer_and_none_at_all() -> None:
    assert host_of(None) is None
    assert len(referrer_hosts(pa.array([], pa.string()))) == 0


def test_a_name_that_is_too_long_is_none() -> None:
    assert host_of("http://" + "a." * 200 + "example/") is None


@given(st.text(max_size=30), st.ip_addresses() | st.emails(), st.text(max_size=10))
def test_neither_address_nor_mail_comes_out_r5_r13(before: str, planted: object, after: str) -> None:
    host = host_of(f"http://{before}{planted}{after}")
    assert host is None or (str(planted).lower() not in host and "@" not in host and len(host) <= HOST_LENGTH_MAX)


@given(st.ip_addresses(v=4))
def test_no_form_of_an_address_comes_out_r5(address: Any) -> None:
    dotted = str(address)
    for form in (
        dotted,
        dotted.replace(".", "-") + ".isp.example",
        f"{int(address)}",
        f"x{dotted}.isp.example",
        f"[::ffff:{dotted}]",
    ):
        assert host_of(f"http://{form}/") == "{address}"
