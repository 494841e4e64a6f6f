"""The last night's work, done again in memory from the rows as they are now, to be laid beside what it stored."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from footfall.house import House
from warehouse.models import SOURCES, Model, load_models
from warehouse.nightly.given import Given
from warehouse.nightly.marts.engine import DuckEngine
from warehouse.nightly.marts.stale import Basis, basis_of, has_caught_up, is_new, stale_days
from warehouse.releases import Cells


@dataclass(frozen=True, slots=True)
class LastNight:
    """Models and facts, wired as the night wires them.

    Attributes:
        house: the warehouse.
        models: all models, each after those that it reads.
        engine: runs them in memory.
        given: what they are given; of the date of the stored profiles.
        bases: by mart, what it is made of.
    """

    house: House
    models: tuple[Model, ...]
    engine: DuckEngine
    given: Given
    bases: Mapping[str, Basis]

    @classmethod
    @contextmanager
    def of(cls, house: House) -> Iterator[Self]:
        """Wire the models over the facts as they are."""
        models = load_models()
        sites = house.settings.sites
        given = Given(
            house.policy,
            house.own_hosts,
            {name: site.counting for name, site in sites.items() if site.counting},
            house.settings.currency,
            house.subjects.registered(),
            _as_of(house),
        )
        sources = {name: house.lake.table(name) for name in SOURCES}
        marts = {model.head.name: house.lake.table(model.head.table) for model in models if model.head.table}
        bases = {model.head.name: basis_of(model, models, sources, given) for model in models if model.head.table}
        with DuckEngine(models, given, marts) as engine:
            yield cls(house, models, engine, given, bases)

    def model(self, name: str) -> Model:
        """Give a model by its name."""
        return next(model for model in self.models if model.head.name == name)

    def releases(self) -> list[Model]:
        """Give the models that are published."""
        return [model for model in self.models if model.head.release]

    def has_caught_up(self, name: str) -> bool:
        """Say whether a mart was made of the facts, people and settings as they are now."""
        table = self.house.lake.table(str(self.model(name).head.table))
        return not is_new(table, self.bases[name]) and has_caught_up(table, self.bases[name])

    def make(self, name: str) -> pa.Table:
        """Make all rows of a mart anew, as the models make them: without what a night stamps on them."""
        model = self.model(name)
        self.engine.look_at(model, self.bases[name], None)
        return self.engine.make(model)

    def days_behind(self, model: Model) -> frozenset[date]:
        """Name the days of a release that were published of other facts, or in another way, than there are now."""
        if model.head.release is None:
            return frozenset()
        return stale_days(self.house.lake.table(model.head.release.table), self.bases[model.head.name]) or frozenset()

    def cells_of(self, model: Model) -> Cells:
        """Give which cells of a model are published, and of which rows."""
        if model.head.release is None:
            raise KeyError(model.head.name)
        return model.head.release.cells

    def count(self, model: Model, days: Collection[date], *, whole: bool) -> pa.Table:
        """Count views and distinct visitors from the rows: of each cell, or with `whole` of each day and site.

        Returns:
            event_date, site, the columns of a cell (with `whole` at most `facet`), side (true for who was logged in), views, visitors.
        """
        cells = self.cells_of(model)
        self.engine.look_at(model, self.bases[model.head.name], days)
        side = cells.apart or "false"
        parts = []
        for facet in cells.nested if cells.facets else ("",):
            names = [f"'{facet}' as facet", f"{facet} as name"] if facet else list(cells.nested)
            shown = names[:1] if facet else []
            columns = ["event_date", "site", *(shown if whole else names), f"{side} as side"]
            grouped = ["event_date", "site", *([] if whole else [facet] if facet else cells.nested), side]
            counted = self.engine.connection.view(cells.rows).aggregate(
                f"{', '.join(columns)}, count(*) as views, count(distinct visitor) as visitors", ", ".join(grouped)
            )
            parts.append(counted.to_arrow_table())
        return pa.concat_tables(parts)


def _as_of(house: House) -> date:
    """Give the date of the stored profiles; without any, that of the newest day there is."""
    profiles = house.lake.table("customer_profiles")
    if profiles.files():
        newest = pc.max(profiles.read(columns=["as_of"]).column("as_of")).as_py()
        if isinstance(newest, date):
            return newest
    return max(house.lake.table("hits").days(), default=date(1970, 1, 1))
