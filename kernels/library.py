"""The compiled library: where it is, whether it fits, and how its functions are called."""

import ctypes
import functools
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

INTERFACE: Final = 3
"""What `boundary.rs` has to give for its own number."""
SWITCH: Final = "FOOTFALL_KERNELS"
"""`off` leaves the library aside, as where there is none; a path loads another one."""
BUILT: Final = Path(__file__).with_name("footfall_kernels.so")
FAULT: Final = -1000
"""From here down a number says that the kernel itself is wrong."""
SEED: Final = int.from_bytes(os.urandom(8))
"""Begins every hash of this process, so that nobody can write texts that collide."""


class Array(ctypes.Structure):
    """Where an array lies and what it is, as `boundary/array.rs` wants to know it before it makes a slice of it."""

    _fields_ = (
        ("at", ctypes.c_void_p),
        ("items", ctypes.c_size_t),
        ("item_bytes", ctypes.c_size_t),
        ("is_writeable", ctypes.c_size_t),
    )


class KernelError(ValueError):
    """A kernel gave a number that is no count; no fault of the input's."""


def is_ready() -> bool:
    """Tell whether there is a compiled library that fits; asked once, then remembered."""
    return loaded() is not None


@functools.cache
def loaded() -> ctypes.CDLL | None:
    """Load the library; None when there is none, when it is of another version, or when it is switched off."""
    wanted = os.environ.get(SWITCH, "")
    if wanted == "off":
        return None
    try:
        library = ctypes.CDLL(wanted or str(BUILT))
        fits = library.footfall_interface() == INTERFACE
    except (OSError, AttributeError):
        return None
    if not fits:
        return None
    library.footfall_quiet()
    return library


def call(name: str, *arguments: npt.NDArray[Any] | int) -> int:
    """Call a function of the library: arrays that it reads or fills, and numbers, as 64 bits.

    The arrays must be contiguous, have items of the sizes that the function names, and lie apart from each other.

    Returns:
        what the function returns: a count, or a negative number where it says so.

    Raises:
        KernelError: there is no library, an array does not fit, or the kernel itself is wrong.
    """
    library = loaded()
    if library is None:
        raise KernelError("there is no compiled library; ask is_ready() first")
    passed: list[Array | ctypes.c_uint64] = []
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            if not argument.flags.c_contiguous:
                raise KernelError(f"{name} was given an array that is not contiguous")
            at, is_readonly = argument.__array_interface__["data"]
            passed.append(Array(at, argument.size, argument.itemsize, not is_readonly))
        else:
            passed.append(ctypes.c_uint64(argument))
    function = getattr(library, f"footfall_{name}")
    function.restype = ctypes.c_int64
    result = int(function(*passed))
    if result <= FAULT:
        raise KernelError(f"the kernel {name} failed ({result}); FOOTFALL_KERNELS=off does the same work without it")
    return result
