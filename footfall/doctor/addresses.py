"""The clients' addresses of a log file, counted in memory and forgotten: a sample of what is really asked of the places."""

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from footfall.doctor.geography import Sample
from ingest.ship.logfile import open_log
from policy.errors import FootfallError
from transform.access_log import parse_lines
from transform.visits.client import client_addresses

ADDRESSES_MAX: Final = 500_000
"""Of a longer log its beginning is taken: so many distinct addresses are sample enough, and memory stays bounded."""


def sample_of_log(path: Path, trusted: Sequence[IPv4Network | IPv6Network]) -> Sample:
    """Count the lines of each client's address, behind trusted proxies as `ingest` finds it.

    Args:
        path: a log file, plain or gzip.
        trusted: the networks of the proxies.

    Raises:
        FootfallError: the file cannot be read, or no line of it can.
    """
    lines: Counter[str] = Counter()
    with open_log(path) as log:
        for block in log.blocks(0, inside_line=False):
            parsed, _ = parse_lines(block.lines)
            if parsed.num_rows:
                column = client_addresses(parsed.column("address"), parsed.column("forwarded"), tuple(trusted))
                counted = pc.value_counts(column.cast(pa.string()))
                values, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
                lines.update({value: count for value, count in zip(values, counts, strict=True) if value})
            if len(lines) >= ADDRESSES_MAX:
                break
    if not lines:
        raise FootfallError(
            f"{path.name}: no line of it could be read as a line of a log, so there is no address to ask for"
        )
    numbers = np.fromiter(lines.values(), np.int64, len(lines))
    origin = f"{int(numbers.sum()):,} lines of {path.name}"
    return Sample.of_addresses(pa.array(list(lines), pa.string()), numbers, origin)
