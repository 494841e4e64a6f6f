"""From a region's name, as a geography database writes it, to its ISO 3166-2 code of the top level.

A name counts only when it equals a known name of exactly one region of the country, after folding accents, case and
punctuation and, in a second round, words such as "Province". There is no search by likeness: a name that no source
knows gets no code. Sources are asked in this order, and the first that knows the name answers:

1. the hand-made overrides (whose answer may be that the name is no ISO region: an empty code),
2. names of top-level regions in CLDR (English) and pycountry (ISO, local languages),
3. Natural Earth's first-level polygons: their names, then alternative names and names in other languages,
4. names of lower regions, which answer with their parent at the top.

CLDR and Natural Earth still use codes that ISO has changed (all of Iran, for instance): the table of code changes is
applied to both before their names are read.
"""

from pathlib import Path
from typing import Final

import pycountry

from transform.geography.build.region_names import (
    TABLES,
    NameIndex,
    fold,
    fold_tightly,
    read_cldr,
    read_hand_made,
    read_natural_earth,
)

NATURAL_EARTH_NAMES: Final = (
    ("name", "name_en", "name_local"),
    ("name_alt", "gn_name", "woe_name", "gns_name", "name_de", "name_es", "name_fr", "name_pl", "name_pt", "name_sv"),
)
# Where ISO's top level only groups provinces for statistics, databases and people use the level below.
GROUPED: Final = frozenset({"CV", "DO", "GQ", "ID", "IQ", "KN", "MH"})
# Counties that Norway brought back in 2024, which pycountry does not have yet.
ADDED: Final = {
    "NO-31": "Østfold",
    "NO-32": "Akershus",
    "NO-33": "Buskerud",
    "NO-39": "Vestfold",
    "NO-40": "Telemark",
    "NO-55": "Troms",
    "NO-56": "Finnmark",
}


class RegionCodes:
    """All sources together: `find` gives codes, `english_name` names to show."""

    def __init__(self, cldr: Path, natural_earth: Path) -> None:
        """Read CLDR's `en.json`, Natural Earth's GeoParquet and the hand-made tables."""
        self._parents: dict[str, str | None] = {part.code: part.parent_code for part in pycountry.subdivisions}
        self._parents |= dict.fromkeys(ADDED)
        self._groups = {parent for parent in self._parents.values() if parent and parent[:2] in GROUPED}
        self._countries = {code[:2] for code in self._parents}
        self._overrides = {
            (row["country"], fold(row["name"])): row["code"] for row in read_hand_made(TABLES / "region_overrides.csv")
        }
        self._changes = {
            (row["old_code"], row["natural_earth_name"]): row["new_code"]
            for row in read_hand_made(TABLES / "code_changes.csv")
        }
        self._shown = {row["code"]: row["name"] for row in read_hand_made(TABLES / "region_names.csv")}
        self._english: dict[str, str] = {}
        self._top, self._lower = NameIndex(), NameIndex()
        self._earth = [NameIndex() for _ in NATURAL_EARTH_NAMES]
        iso = [(part.code, part.name) for part in pycountry.subdivisions] + list(ADDED.items())
        for code, name in [(self.current(old), name) for old, name in read_cldr(cldr)] + iso:
            self._english.setdefault(code, name)
            self._learn(self._top if self.top_level(code) == code else self._lower, code, name)
        for index, columns in zip(self._earth, NATURAL_EARTH_NAMES, strict=True):
            for code, polygon, name in read_natural_earth(natural_earth, columns):
                self._learn(index, self.current(code, polygon), name)

    def find(self, country: str, name: str) -> str | None:
        """Give the code; "" where the country or the overrides say that there is none; None for an unknown name."""
        override = self.override(country, name)
        if override is not None:
            return override
        if country not in self._countries:
            return ""
        key = country, fold(name)
        for source in (self._top, *self._earth, self._lower):
            codes = source.exact.get(key, set())
            if len(codes) == 1:
                return next(iter(codes))
        key = country, fold_tightly(name)
        trusted = (self._top, self._earth[0])
        codes = set().union(*(source.tight.get(key, set()) for source in trusted))
        rest = (source.tight[key] for source in (*self._earth[1:], self._lower) if key in source.tight)
        codes = codes or next(rest, set())
        return next(iter(codes)) if len(codes) == 1 else None

    def override(self, country: str, name: str) -> str | None:
        """Give what the hand-made table says of a name, None where it says nothing."""
        return self._overrides.get((country, fold(name)))

    def english_name(self, code: str) -> str:
        """Give the name to show: hand-made, else CLDR's, else ISO's."""
        return self._shown.get(code) or self._english[code].rstrip("²")

    def top_level_names(self) -> dict[str, str]:
        """Give the name to show of every current region of the top level, by code."""
        return {code: self.english_name(code) for code in sorted(self._english) if self.top_level(code) == code}

    def current(self, code: str, polygon: str = "") -> str:
        """Give the code of today, "" for one that now means another region.

        Natural Earth gives one code to several polygons, so the polygon's name is asked first.
        """
        return self._changes.get((code, polygon), self._changes.get((code, ""), code))

    def top_level(self, code: str) -> str | None:
        """Give the code itself or its parent at the top; None for a code that ISO does not have."""
        if code not in self._parents or code in self._groups:
            return None
        parent = self._parents[code]
        return code if parent is None or parent in self._groups else self.top_level(parent)

    def _learn(self, index: NameIndex, code: str, name: str) -> None:
        """Add a name of a current region; codes that ISO has withdrawn are left out."""
        top = self.top_level(code)
        if top:
            index.add(code[:2], name, top)
