"""The compiled library: it is there where it can be, it fits its sources, and nothing that is wrong with it stops anybody."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kernels import library
from kernels.build import RUST, fingerprint
from kernels.library import FAULT, INTERFACE, KernelError, call, is_ready

CAN_COMPILE = bool(os.environ.get("REQUIRE_KERNELS")) or shutil.which("cargo") is not None
IS_OFF = os.environ.get(library.SWITCH) == "off"
compiled = pytest.mark.skipif(
    not is_ready() and (IS_OFF or not CAN_COMPILE), reason="there is no Rust here, or kernels are off"
)


@pytest.fixture
def _anew() -> Iterator[None]:
    library.loaded.cache_clear()
    yield
    library.loaded.cache_clear()


def unusual(texts: bytes, ends: list[int]) -> int:
    """Let the library count unusual addresses; each text begins where the one before it ends."""
    return call(
        "unusual", np.frombuffer(texts, np.uint8), np.array([0, *ends], np.int32), np.empty(len(ends), np.uint8)
    )


@compiled
def test_it_is_there_and_built_from_these_sources() -> None:
    assert is_ready()
    found = library.loaded()
    assert found is not None
    found.footfall_source.restype = ctypes.c_uint64
    assert f"{found.footfall_source():016x}" == fingerprint(), "run `make kernels`"


@compiled
def test_python_and_rust_name_the_same_interface() -> None:
    assert f"const INTERFACE: u32 = {INTERFACE};" in (RUST / "src" / "boundary.rs").read_text()
    assert f"const FAULT: i64 = {FAULT};" in (RUST / "src" / "boundary.rs").read_text()


@compiled
def test_a_fault_of_a_kernel_is_an_error_that_quotes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert unusual(b"::::", [1, 4]) == 2
    with pytest.raises(KernelError, match="FOOTFALL_KERNELS=off") as caught:
        unusual(b"secret", [3, 99])
    assert "secret" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    assert unusual(b"::::", [2, 4]) == 0


@compiled
def test_an_array_that_does_not_fit_is_no_memory_of_others() -> None:
    raw, bounds, marks = np.zeros(4, np.uint8), np.zeros(2, np.int32), np.zeros(1, np.uint8)
    assert call("unusual", raw, bounds, marks) == 0
    fixed = marks.copy()
    fixed.flags.writeable = False
    for bad_marks in (fixed, np.zeros(1, np.int16)):
        with pytest.raises(KernelError, match=r"unusual failed \(-1001\)"):
            call("unusual", raw, bounds, bad_marks)
    for bad_bounds in (np.zeros(2, np.int64), np.frombuffer(bytes(9), np.int32, 2, 1)):
        with pytest.raises(KernelError, match=r"unusual failed \(-1001\)"):
            call("unusual", raw, bad_bounds, marks)


@compiled
def test_an_array_with_gaps_is_refused() -> None:
    gaps = np.zeros(8, np.uint8)[::2]
    with pytest.raises(KernelError, match="not contiguous"):
        call("unusual", gaps)


@pytest.mark.usefixtures("_anew")
@pytest.mark.parametrize("setting", ["off", "/nowhere/kernels.so", str(Path(__file__))])
def test_without_a_library_that_fits_there_is_the_other_way(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("FOOTFALL_KERNELS", setting)
    assert not is_ready()
    with pytest.raises(KernelError, match="no compiled library"):
        call("unusual")


@compiled
@pytest.mark.usefixtures("_anew")
def test_a_library_of_another_version_is_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "INTERFACE", INTERFACE + 1)
    assert not is_ready()


def test_no_compiler_is_told_in_one_line(tmp_path: Path) -> None:
    built = library.BUILT.read_bytes() if library.BUILT.exists() else None
    done = subprocess.run(
        [sys.executable, str(RUST.parent / "build.py")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("footfall: there is no cargo (Rust)")
    assert done.stderr.count("\n") == 1
    assert (library.BUILT.read_bytes() if library.BUILT.exists() else None) == built


@pytest.mark.skipif(shutil.which("cargo") is None, reason="there is no Rust here")
def test_the_kernels_own_tests_pass() -> None:
    done = subprocess.run(
        ["cargo", "test", "--quiet", "--release", "--offline", "--manifest-path", str(RUST / "Cargo.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test result: ok" in done.stdout
