"""What an attacker has in hand about one day of a site after one night, and the truth to compare its claims with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from warehouse.attack.claims import Cell, Place, Truth

OTHER = "other"
Names = tuple[str, ...]
Figures = tuple[int, int]
"""Visitors and views."""
Rows = Mapping[Names, Figures]
"""Rows of a published table by the names of their cell."""
Crossed = Mapping[tuple[str, str], Mapping[tuple[str | None, str | None], Figures]]
"""Interactive tables by their two dimensions; null stands for the rest, two '' for the whole day."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One side of one day of a site, as published after a night.

    Attributes:
        place: which.
        tables: the rows of each release of that side alone; that each side is known by itself is granted to the attacker.
        missing_day: visitors and views of all missing paths, which nobody publishes; granted.
        crossed: the interactive tables; none where they are not answered.
        truth: what was in the cells when this was published.
        crossed_truth: the same of the cells of interactive tables, by their names in them.
    """

    place: Place
    tables: Mapping[str, Rows]
    truth: Truth
    missing_day: Figures = (0, 0)
    crossed: Crossed = field(default_factory=dict)
    crossed_truth: Mapping[tuple[str, str], Mapping[Names, Cell]] = field(default_factory=dict)

    @property
    def day(self) -> Figures:
        """The visitors and views of the whole day, for places add up to them."""
        rows = self.tables["geo_daily"].values()
        return sum(visitors for visitors, _ in rows), sum(views for _, views in rows)
