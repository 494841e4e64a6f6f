"""Geography databases for the tests: written here, and MaxMind's own."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import maxminddb
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped] # its types are a package of their own

from transform.geography import Places

BUILT_EPOCH: Final = 1_767_225_600  # 2026-01-01
Networks = Mapping[str, Any]
WriteDatabase = Callable[..., Path]


class DatedWriter(MMDBWriter):
    """The writer takes the clock's time; a test wants to know it beforehand."""

    def _build_meta(self) -> dict[str, Any]:
        return {**super()._build_meta(), "build_epoch": BUILT_EPOCH}


@pytest.fixture(scope="session")
def shipped() -> Places:
    """Give the places that come with Footfall."""
    return Places.shipped()


@pytest.fixture
def write_database(tmp_path: Path) -> WriteDatabase:
    """Give the function that writes networks and their records as a database."""

    def write(networks: Networks, name: str = "Test-City", ip_version: int = 6, record_size: int = 24) -> Path:
        writer = DatedWriter(ip_version, name, ipv4_compatible=ip_version == 6)
        for network, record in networks.items():
            writer.insert_network(IPSet([network]), record)
        path = tmp_path / f"{name}.mmdb"
        writer.to_db_file(str(path))
        path.write_bytes(widened(path, record_size))
        return path

    return write


def widened(path: Path, record_size: int) -> bytes:
    """Give a 24-bit database with its nodes written in numbers of another size."""
    with maxminddb.open_database(path) as reader:
        tree_bytes = 6 * reader.metadata().node_count
    database, told = path.read_bytes(), b"record_size\xa1"
    size_at = database.rindex(told) + len(told)
    assert database[size_at] == 24
    pairs = [(database[at : at + 3], database[at + 3 : at + 6]) for at in range(0, tree_bytes, 6)]
    before, between = {24: (b"", b""), 28: (b"", b"\0"), 32: (b"\0", b"\0")}[record_size]
    nodes = b"".join(before + left + between + right for left, right in pairs)
    return nodes + database[tree_bytes:size_at] + bytes([record_size]) + database[size_at + 1 :]
