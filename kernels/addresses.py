"""Addresses as text: their places, and which of them are written in another than the usual way."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kernels.library import KernelError, call

Runs: TypeAlias = tuple[npt.NDArray[np.uint32] | npt.NDArray[np.uint64], npt.NDArray[np.int16]]
"""Where runs of addresses start, ascending from 0, and the place number of each run."""


def place_numbers(
    texts: tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]],
    v4: Runs,
    v6: Runs,
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]:
    """Look up the place number of each text, 0.1 µs each.

    Args:
        texts: their bytes and, one more than texts, where each begins in them.
        v4: runs of IPv4 addresses (uint32).
        v6: runs of the top 64 bits of IPv6 addresses (uint64).

    Returns:
        a place number for each text, -1 for what is no address, and the texts that must be read by other means.
    """
    data, bounds = texts
    kinds = (v4[0].dtype.name, v6[0].dtype.name)
    if kinds != ("uint32", "uint64"):
        raise KernelError(f"runs start at uint32 and uint64, and not at {kinds[0]} and {kinds[1]}")
    found, left = np.empty(len(bounds) - 1, np.int16), np.empty(len(bounds) - 1, np.int64)
    count = call("locate", data, bounds, *v4, *v6, found, left)
    return found, left[:count]


def unusual(data: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Mark the texts that could be an address in another form than the usual one: 0.02 µs each.

    What has no colon is not marked, nor is an IPv6 address as RFC 5952 writes it that carries no IPv4 address.
    """
    marks = np.empty(len(bounds) - 1, np.bool_)
    call("unusual", data, bounds, marks.view(np.uint8))
    return marks
