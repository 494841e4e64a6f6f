"""Lines of a web server's log: the canonical ones as columns, in one pass over their bytes."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kernels.library import SEED, call

TEXTS: Final = ("vhost", "address", "method", "target", "referrer", "agent", "forwarded")
"""The columns of text, in the order of the kernel's."""
NONE: Final = -1
"""The code of a text that is not there, and the bytes sent where the log has a dash."""
DASHES: Final = 3
"""A dash may stand in the place of a method, a target and an agent that are not there."""


class Texts(NamedTuple):
    """A column of text: one code a line, `NONE` for none, and the distinct texts ``content[bounds[code]:bounds[code + 1]]``."""

    codes: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.int32]
    content: npt.NDArray[np.uint8]


class CanonicalLines(NamedTuple):
    """Canonical lines, ascending by `rows`, their numbers; one entry a line in every column.

    Addresses and virtual hosts come without port and brackets. There is no referrer and no forwarded list where the log has a
    dash or nothing; a dash is the agent where the log has nothing, and method and target where the request was none.
    """

    rows: npt.NDArray[np.int32]
    event_time_us: npt.NDArray[np.int64]
    utc_offset_min: npt.NDArray[np.int16]
    status: npt.NDArray[np.int16]
    bytes: npt.NDArray[np.int64]
    texts: dict[str, Texts]


def read_canonical(
    raw: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], present: npt.NDArray[np.bool_]
) -> CanonicalLines:
    """Read the canonical lines; what their texts say is ASCII.

    Args:
        raw: the bytes of the lines, less than 2 GiB between the first and the last offset.
        offsets: line i is ``raw[offsets[i]:offsets[i + 1]]``.
        present: one flag a line; the others are passed over.
    """
    count = len(present)
    longs = np.empty((2, count), np.int64)
    shorts = np.empty((2, count), np.int16)
    codes = np.empty((1 + len(TEXTS), count), np.int32)
    sizes = np.zeros(len(TEXTS), np.int64)
    bounds = np.empty(len(TEXTS) * (count + 1), np.int32)
    content = np.empty(int(offsets[-1] - offsets[0]) + DASHES, np.uint8)
    taken = call("lines", raw, offsets, present.view(np.uint8), longs, shorts, codes, sizes, bounds, content, SEED)
    texts = {}
    for name, column, size in zip(TEXTS, codes[1:], sizes.tolist(), strict=True):
        own, bounds = bounds[: size + 1].copy(), bounds[size + 1 :]
        # A copy: who keeps methods must not keep in memory the addresses that lie beside them here.
        texts[name] = Texts(column[:taken], own, content[: own[-1]].copy())
        content = content[own[-1] :]
    return CanonicalLines(
        codes[0, :taken], longs[0, :taken], shorts[0, :taken], shorts[1, :taken], longs[1, :taken], texts
    )
