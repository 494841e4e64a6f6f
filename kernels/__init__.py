"""What loops over bytes on the hot path, compiled; without a compiler at the installation, numpy and Arrow do the same work.

Each module wraps one kernel: numpy arrays in, numpy arrays out. Who calls one asks `is_ready` first, and has another way.
"""

from kernels.library import is_ready

__all__ = ["is_ready"]
