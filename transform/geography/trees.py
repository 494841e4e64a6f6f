"""The search tree of a MaxMind database, read level by level: one array operation per level, none per network.

The file begins with the nodes, each of two numbers (left for bit 0, right for bit 1). A number below the count of nodes
is another node, the count itself means that the database has nothing, a number above it stands for a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from transform.geography.errors import PlacesError
from transform.geography.intervals import WITHOUT_PLACE_V4, WITHOUT_PLACE_V6, first_and_last_key

Numbers = npt.NDArray[np.uint32]

NOTHING: Final = 0
SEPARATOR_BYTES: Final = 16  # zeros between the nodes and the records; no number may point among them
V4_BITS: Final = 32
V6_KEY_BITS: Final = 64
V6_BITS: Final = 128
# A tree reaches each node once. Four times leaves room for writers that share equal branches, and stops circles, whose
# levels would double until memory is full.
VISITS_PER_NODE_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Leaves:
    """The networks of a tree in ascending order; they cover all addresses.

    Attributes:
        starts: first key of each network (an IPv4 address, or the top 64 bits of an IPv6 address).
        records: its record (`NOTHING` where the database has none).
    """

    starts: npt.NDArray[np.uint64]
    records: Numbers


@dataclass(frozen=True, slots=True)
class SearchTree:
    """The nodes of one file: a row of 6, 7 or 8 bytes per node."""

    path: Path
    nodes: npt.NDArray[np.uint8]
    ip_version: int
    records_max: int

    @classmethod
    def open(cls, path: Path, node_count: int, record_size_bits: int, ip_version: int) -> "SearchTree":
        """Map the nodes into memory; `PlacesError` when the file is too short for them."""
        node_bytes = record_size_bits // 4
        file_bytes = path.stat().st_size
        if not 0 < node_count * node_bytes < file_bytes:
            raise _damaged(path, f"it has {file_bytes} bytes and claims {node_count} nodes of {node_bytes} bytes")
        nodes = np.memmap(path, np.uint8, "r", shape=(node_count, node_bytes))
        return cls(path, nodes, ip_version, file_bytes - node_count * node_bytes)

    def v4_leaves(self) -> Leaves:
        """All IPv4 networks."""
        root = 0
        if self.ip_version == 6:  # noqa: PLR2004 - the number is the name
            for _ in range(V6_BITS - V4_BITS):
                if root < len(self.nodes):
                    root = int(self._children(np.array([root], np.uint32))[0, 0])
        return self._leaves(root, V4_BITS, 0, _aliases(WITHOUT_PLACE_V4))

    def v6_leaves(self) -> Leaves:
        """All IPv6 networks up to /64; a finer division is represented by its first network."""
        if self.ip_version == 4:  # noqa: PLR2004 - the number is the name
            return Leaves(np.zeros(1, np.uint64), np.full(1, NOTHING, np.uint32))
        return self._leaves(0, V6_KEY_BITS, V6_BITS - V6_KEY_BITS, _aliases(WITHOUT_PLACE_V6))

    def _children(self, nodes: Numbers) -> Numbers:
        """Read both numbers of each node: an array of two columns."""
        rows = np.asarray(self.nodes[nodes])
        if rows.shape[1] == 7:  # noqa: PLR2004 - 28 bits each: the byte between holds the highest four of both
            middle = rows[:, 3].astype(np.uint32)
            left = _big_endian(rows[:, :3]) | (middle & 0xF0) << 20
            right = _big_endian(rows[:, 4:]) | (middle & 0x0F) << 24
        else:
            half = rows.shape[1] // 2
            left, right = _big_endian(rows[:, :half]), _big_endian(rows[:, half:])
        return np.column_stack([left, right])

    def _leaves(self, root: int, key_bits: int, bits_below_key: int, skipped: Mapping[int, list[int]]) -> Leaves:
        """Walk down from `root`, breadth first; `skipped` names prefixes by their length that are not entered."""
        nodes, prefixes = np.array([root], np.uint32), np.zeros(1, np.uint64)
        starts, records, visits = [], [], 0
        for depth in range(key_bits + 1):
            if depth:
                nodes = self._children(nodes).ravel()
                prefixes = np.repeat(prefixes << np.uint64(1), 2)
                prefixes[1::2] |= np.uint64(1)
            if depth in skipped:
                nodes = np.where(np.isin(prefixes, np.array(skipped[depth], np.uint64)), len(self.nodes), nodes)
            is_leaf = nodes >= len(self.nodes)
            starts.append(prefixes[is_leaf] << np.uint64(key_bits - depth) if depth else prefixes[is_leaf])
            records.append(self._checked(nodes[is_leaf]))
            nodes, prefixes = nodes[~is_leaf], prefixes[~is_leaf]
            visits += len(nodes)
            if visits > VISITS_PER_NODE_MAX * len(self.nodes):
                raise _damaged(self.path, "its search tree runs in a circle")
        starts.append(prefixes)
        records.append(self._first_records(nodes, bits_below_key))
        start = np.concatenate(starts)
        order = np.argsort(start, kind="stable")
        return Leaves(start[order], np.concatenate(records)[order])

    def _first_records(self, nodes: Numbers, bits: int) -> Numbers:
        """Follow the left side down from each node, at most `bits` levels."""
        nodes = nodes.copy()
        for _ in range(bits):
            inner = np.flatnonzero(nodes < len(self.nodes))
            if not len(inner):
                break
            nodes[inner] = self._children(nodes[inner])[:, 0]
        if (nodes < len(self.nodes)).any():
            raise _damaged(self.path, "its search tree is deeper than an address has bits")
        return self._checked(nodes)

    def _checked(self, numbers: Numbers) -> Numbers:
        """Turn numbers of a tree into records, all of which lie inside the file."""
        records: Numbers = (numbers - np.uint32(len(self.nodes))).astype(np.uint32)
        if ((records != NOTHING) & ((records < SEPARATOR_BYTES) | (records >= self.records_max))).any():
            raise _damaged(self.path, "its search tree points outside its records")
        return records


def _aliases(networks: tuple[IPv4Network, ...] | tuple[IPv6Network, ...]) -> dict[int, list[int]]:
    """Group networks by their length, as prefixes: they get no place, and some repeat the whole IPv4 tree."""
    key_bits = V4_BITS if isinstance(networks[0], IPv4Network) else V6_KEY_BITS
    grouped: dict[int, list[int]] = {}
    for network in networks:
        first, _ = first_and_last_key(network)
        grouped.setdefault(network.prefixlen, []).append(first >> key_bits - network.prefixlen)
    return grouped


def _big_endian(columns: npt.NDArray[np.uint8]) -> Numbers:
    """Read one number per row, most significant byte first."""
    number = columns[:, 0].astype(np.uint32)
    for position in range(1, columns.shape[1]):
        number = number << np.uint32(8) | columns[:, position]
    return number


def _damaged(path: Path, what: str) -> PlacesError:
    return PlacesError(f"{path} is damaged: {what}. Fetch the database again.")
