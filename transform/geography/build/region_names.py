"""Names of regions, the forms in which they are compared, and the files that they come from."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

TABLES: Final = Path(__file__).parent / "tables"
APOSTROPHES: Final = "'`\N{ACUTE ACCENT}\u2018\u2019\u02bb\u02bc\u02be\u02bf"
# What Unicode does not take apart into a letter and an accent.
LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\N{LATIN SMALL LETTER DOTLESS I}": "i", "ə": "a", "ǝ": "a", "ħ": "h"}
    | {"æ": "ae", "œ": "oe", "þ": "th", "ß": "ss"}
    | dict.fromkeys(APOSTROPHES, "")
)
# Not "city": Mexico City is not México, and Kyiv City is not the region of Kyiv.
KIND_WORDS: Final = frozenset((TABLES / "kind_words.txt").read_text(encoding="utf-8").split())


def fold(name: str) -> str:
    """Lower-case ASCII words: ``fold("São  Paulo") == "sao paulo"``."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain))


def fold_tightly(name: str) -> str:
    """Fold, and leave out spaces and the words that say what kind of region it is."""
    return "".join(word for word in fold(name).split() if word not in KIND_WORDS)


@dataclass
class NameIndex:
    """The names of one source: country and folded name to the codes that bear it."""

    exact: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    tight: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def add(self, country: str, name: str, code: str) -> None:
        """Know `name` as a name of the region `code`."""
        self.exact.setdefault((country, fold(name)), set()).add(code)
        if fold_tightly(name):
            self.tight.setdefault((country, fold_tightly(name)), set()).add(code)


def read_hand_made(path: Path) -> list[dict[str, str]]:
    """Read one of the tables beside this program, a dictionary per line."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_cldr(path: Path) -> Iterator[tuple[str, str]]:
    """Give codes ("DE-BY") and English names; CLDR also keeps codes that ISO has withdrawn."""
    tables = json.loads(path.read_text(encoding="utf-8"))["subdivisions"]["localeDisplayNames"]["subdivisions"]
    for code, name in tables.items():
        yield f"{code[:2]}-{code[2:]}".upper(), name


def read_natural_earth(path: Path, columns: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Give code, name of the polygon and one more name out of `columns`; one cell may hold several."""
    table = pq.read_table(path, columns=list({"iso_3166_2", "name", *columns}))
    for row in table.to_pylist():
        for column in columns:
            for name in re.split(r"[|/]", row[column] or ""):
                if name.strip():
                    yield row["iso_3166_2"], row["name"] or "", name.strip()
