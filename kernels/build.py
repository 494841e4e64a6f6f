"""Compile the kernels, for whoever installs or changes them: `python kernels/build.py`.

It needs Rust's `cargo` and nothing from the network. Without it Footfall works all the same, more slowly.
"""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

RUST: Final = Path(__file__).with_name("rust")
BUILT: Final = Path(__file__).with_name("footfall_kernels.so")
NAMES: Final = ("libfootfall_kernels.so", "libfootfall_kernels.dylib", "footfall_kernels.dll")
"""What cargo calls the library on Linux, macOS and Windows."""
SECONDS_MAX: Final = 600


def fingerprint() -> str:
    """Give 64 bits of the sources, which the library carries: a test tells by them whether it was built from these."""
    digest = sha256()
    for file in [*sorted(RUST.glob("src/**/*.rs")), RUST / "Cargo.toml"]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def build() -> str:
    """Compile and put the library beside its Python modules; give in one line why that could not be, or nothing."""
    cargo = shutil.which("cargo")
    if cargo is None:
        return "there is no cargo (Rust), so it works without compiled kernels, at about half the speed"
    target = Path(os.environ.get("CARGO_TARGET_DIR") or RUST / "target")
    command = [
        cargo,
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--offline",
        "--manifest-path",
        str(RUST / "Cargo.toml"),
    ]
    environment = {**os.environ, "FOOTFALL_KERNELS_SOURCE": fingerprint(), "CARGO_TARGET_DIR": str(target)}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"cargo could not run ({type(error).__name__}), so it works without compiled kernels"
    made = [target / "release" / name for name in NAMES if (target / "release" / name).exists()]
    if done.returncode or not made:
        said = done.stderr.strip().splitlines() or ["nothing was said"]
        return f"the kernels could not be compiled ({said[0]}), so it works without them"
    # A process may have the old one loaded: a new file takes its place, and the old one stays until the last lets go.
    fresh = BUILT.with_suffix(".new")
    shutil.copyfile(made[0], fresh)
    fresh.replace(BUILT)
    return ""


if __name__ == "__main__":
    WHY = build()
    sys.stderr.write(f"footfall: {WHY}\n" if WHY else "")
    sys.exit(1 if WHY else 0)
