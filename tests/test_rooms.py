"""Small rooms: folders stay under ten files, and the list of the longest tests names files that are there. `make check` runs this too."""

from collections import Counter
from pathlib import Path
from typing import Final

from tests.conftest import LONGEST, PROJECT

HOUSE: Final = ("footfall", "ingest", "dashboards", "warehouse", "transform", "kernels", "policy", "tests", "bench")
FILES_MAX: Final = 9
UNCOUNTED: Final = {"__init__.py", "py.typed"}
"""They make a folder a package, and are no part of its idea."""
MADE: Final = {"__pycache__", "node_modules", "target", "wheels"}
"""Folders that tools fill."""
LARGER: Final = {
    "dashboards/maps/regions": "data: a map a country",
    "tests/data": "data: cases and recorded files, each read by the tests of one room",
}
"""Folders that have more, each with its reason."""


def larger(root: Path) -> dict[str, int]:
    """Count the files of each folder of the house that has too many."""
    sizes: Counter[str] = Counter()
    for package in HOUSE:
        for path in (root / package).rglob("*"):
            folder = path.relative_to(root).parent
            if not MADE.intersection(folder.parts) and path.name not in UNCOUNTED and path.is_file():
                sizes[folder.as_posix()] += 1
    return {folder: size for folder, size in sizes.items() if size > FILES_MAX}


def test_rooms_are_small() -> None:
    """A folder of ten files is two ideas: divide it, and take a folder that was divided off the list."""
    found = larger(PROJECT)
    assert sorted(found) == sorted(LARGER), found


def test_the_tenth_file_is_told(tmp_path: Path) -> None:
    room = tmp_path / "policy" / "room"
    (room / "__pycache__").mkdir(parents=True)
    for number in range(FILES_MAX):
        for name in (f"{number}.sql", f"__pycache__/{number}.pyc", f"__pycache__/{number}.py"):
            (room / name).touch()
    (room / "__init__.py").touch()
    assert larger(tmp_path) == {}
    (room / "one_more.py").touch()
    assert larger(tmp_path) == {"policy/room": FILES_MAX + 1}


def test_the_longest_tests_are_there() -> None:
    assert [name for name in LONGEST if not (PROJECT / "tests" / name).is_file()] == []
