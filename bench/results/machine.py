"""What a bench ran on: processor, memory, system, and the versions that matter."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = ("duckdb", "pyarrow", "pandas", "kafka-python", "confluent-kafka", "deltalake", "geoip2", "numpy")
KIB: Final = 1024


def machine() -> dict[str, Any]:
    """Describe the machine."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": int((_line("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) * KIB,
        "system": f"{platform.system()} {platform.release()}",
        "load_before": os.getloadavg()[0],
    }


def versions() -> dict[str, str]:
    """Name the versions of Python and of what both sides are built on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _line(path: str, name: str) -> str | None:
    """Find the value of a `name : value` line."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        head, _, value = line.partition(":")
        if head.strip() == name:
            return value.strip()
    return None
