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

from transform.geography.databases.metadata import Metadata
from transform.geography.errors import damaged
from transform.geography.intervals import WITHOUT_PLACE_V4, WITHOUT_PLACE_V6, first_and_last_key

Numbers = npt.NDArray[np.uint32]

NOTHING: Final = 0
IP_V4: Final = 4
IP_V6: Final = 6
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
        records: where its record begins, counted from the end of the nodes (`NOTHING` where the database has none).
    """

    starts: npt.NDArray[np.uint64]
    records: Numbers


@dataclass(frozen=True, slots=True)
class SearchTree:
    """The nodes of one file.

    Attributes:
        path: the file, for errors.
        nodes: one row of 6, 7 or 8 bytes per node.
        ip_version: 4, or 6 where the tree holds both.
        record_end: where the file ends, counted from the end of the nodes as records are.
    """

    path: Path
    nodes: npt.NDArray[np.uint8]
    ip_version: int
    record_end: int

    @classmethod
    def of(cls, path: Path, data: bytes, metadata: Metadata) -> "SearchTree":
        """Take the nodes of the file at `path` out of its bytes; `PlacesError` when it is too short for them."""
        node_bytes = metadata.record_size_bits // 4
        tree_bytes = metadata.node_count * node_bytes
        if not 0 < tree_bytes < len(data):
            claim = f"{metadata.node_count} nodes of {node_bytes} bytes"
            raise damaged(path, f"it has {len(data)} bytes and claims {claim}")
        nodes = np.frombuffer(data, np.uint8, tree_bytes).reshape(metadata.node_count, node_bytes)
        return cls(path, nodes, metadata.ip_version, len(data) - tree_bytes)

    def v4_leaves(self) -> Leaves:
        """All IPv4 networks."""
        root = 0
        if self.ip_version == IP_V6:
            for _ in range(V6_BITS - V4_BITS):
                if root < len(self.nodes):
                    root = int(self._children(np.array([root], np.uint32))[0, 0])
        return self._leaves(root, V4_BITS, 0, _aliases(WITHOUT_PLACE_V4))

    def v6_leaves(self) -> Leaves:
        """All IPv6 networks up to /64; a finer division is represented by its widest network."""
        if self.ip_version == IP_V4:
            return Leaves(np.zeros(1, np.uint64), np.full(1, NOTHING, np.uint32))
        return self._leaves(0, V6_KEY_BITS, V6_BITS - V6_KEY_BITS, _aliases(WITHOUT_PLACE_V6))

    def _children(self, nodes: Numbers) -> Numbers:
        """Read both numbers of each node: an array of two columns."""
        rows = self.nodes[nodes]
        half, odd = divmod(rows.shape[1], 2)
        pair = np.column_stack([_big_endian(rows[:, :half]), _big_endian(rows[:, half + odd :])])
        if odd:  # 28 bits each: the byte between holds the highest four of both
            middle = rows[:, half].astype(np.uint32)
            pair |= np.column_stack([middle >> np.uint32(4), middle & np.uint32(0xF)]) << np.uint32(24)
        return pair

    def _leaves(self, root: int, key_bits: int, bits_below_key: int, skipped: Mapping[int, list[int]]) -> Leaves:
        """Walk down from `root`, breadth first; `skipped` names prefixes by their length that are not entered."""
        nodes: Numbers = np.array([root], np.uint32)
        prefixes = np.zeros(1, np.uint64)
        starts, records, visits = [], [], 0
        for depth in range(key_bits + 1):
            if depth:
                nodes = self._children(nodes).ravel()
                prefixes = np.repeat(prefixes << np.uint64(1), 2)
                prefixes[1::2] |= np.uint64(1)
            if depth in skipped:
                nodes[np.isin(prefixes, np.array(skipped[depth], np.uint64))] = len(self.nodes)
            is_leaf = nodes >= len(self.nodes)
            starts.append(prefixes[is_leaf] << np.uint64(key_bits - depth))
            records.append(self._checked(nodes[is_leaf]))
            nodes, prefixes = nodes[~is_leaf], prefixes[~is_leaf]
            visits += len(nodes)
            if visits > VISITS_PER_NODE_MAX * len(self.nodes):
                raise damaged(self.path, "its search tree runs in a circle")
        starts.append(prefixes)
        records.append(self._widest_records(nodes, bits_below_key))
        start = np.concatenate(starts)
        order = np.argsort(start, kind="stable")
        return Leaves(start[order], np.concatenate(records)[order])

    def _widest_records(self, nodes: Numbers, bits: int) -> Numbers:
        """Give the record of the widest network below each node, at most `bits` levels down."""
        nodes = nodes.copy()
        for _ in range(bits):
            inner = np.flatnonzero(nodes < len(self.nodes))
            if not len(inner):
                break
            left, right = self._children(nodes[inner]).T
            nodes[inner] = np.where((left < len(self.nodes)) & (right >= len(self.nodes)), right, left)
        if (nodes < len(self.nodes)).any():
            raise damaged(self.path, "its search tree is deeper than an address has bits")
        return self._checked(nodes)

    def _checked(self, numbers: Numbers) -> Numbers:
        """Turn numbers of a tree into records, all of which lie inside the file."""
        records: Numbers = (numbers - np.uint32(len(self.nodes))).astype(np.uint32)
        if ((records != NOTHING) & ((records < SEPARATOR_BYTES) | (records >= self.record_end))).any():
            raise damaged(self.path, "its search tree points outside its records")
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
