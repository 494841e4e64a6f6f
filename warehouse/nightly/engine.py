"""DuckDB as the engine of the models: the days asked for as `hits`, views over them, marts made and audited."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Self

import duckdb
import pyarrow as pa

from policy import Policy
from warehouse.lake.table import LakeTable
from warehouse.models import Model, ModelError
from warehouse.relations import keep_rows, open_duckdb, view_files
from warehouse.releases import Published, publish


class DuckEngine:
    """A connection in which every model can be run for some days at a time; use it as a context manager.

    Args:
        models: all models, each after those that it reads.
        hits: the table of hits, at the version to read.
        policy: the limits in force.
        own_hosts: the hosts of each site, by the site's name.
    """

    def __init__(
        self, models: tuple[Model, ...], hits: LakeTable, policy: Policy, own_hosts: Mapping[str, Collection[str]]
    ) -> None:
        self.connection = open_duckdb()
        self._models = models
        self._hits = hits
        self._days: tuple[date, ...] = ()
        self._policy = policy
        hosts = sorted({(site, host.lower().removeprefix("www.")) for site, own in own_hosts.items() for host in own})
        columns = {"site": [site for site, _ in hosts], "host": [host for _, host in hosts]}
        keep_rows(
            self.connection, "own_hosts", pa.table(columns, pa.schema([("site", pa.string()), ("host", pa.string())]))
        )
        keep_rows(self.connection, "limits", pa.table({"bot_requests_min": [policy.releases.bot_requests_min]}))

    def look_at(self, days: tuple[date, ...]) -> None:
        """Let `hits` and every view over it show these days only."""
        if days == self._days:
            return
        self._days = days
        view_files(self.connection, self._hits, columns=self._policy.tables["hits"].names, days=days)
        for model in self._models:
            if model.head.kind == "view":
                self.connection.sql(model.sql).create_view(model.head.name, replace=True)

    def make(self, model: Model) -> pa.Table:
        """Make a mart's rows of the days looked at, in the model's order.

        Raises:
            ModelError: an audit of the model fails; its text has the numbers.
        """
        self.connection.execute("drop table if exists made")
        self.connection.sql(model.sql).create("made")
        if findings := "; ".join(self._findings(model)):
            raise ModelError(f"{model.head.name}: {findings}. Nothing of it was stored; was the model changed?")
        return self.connection.table("made").to_arrow_table()

    def publish(self, model: Model) -> Published:
        """Make what may be published of the days looked at."""
        if model.head.release is None:
            raise ModelError(f"{model.head.name} has no release")
        releases = self._policy.releases
        return publish(self.connection, model.head.release.cells, k=releases.k, members_min=releases.members_min)

    def _findings(self, model: Model) -> Iterator[str]:
        made, audits = self.connection.table("made"), model.head.audits
        keys = ", ".join(model.head.keys)
        if repeated := _count(made.aggregate(f"{keys}, count(*) as times", keys).filter("times > 1")):
            yield f"{repeated} keys ({keys}) stand in more than one row"
        for name in audits.not_null:
            if empty := _count(made.filter(f"{name} is null")):
                yield f"{name} is empty in {empty} rows"
        for name, (least, most) in audits.range.items():
            bounds = [f"{name} < {least}"] * (least is not None) + [f"{name} > {most}"] * (most is not None)
            if outside := _count(made.filter(" or ".join(bounds))):
                yield f"{name} is not from {least} to {most} in {outside} rows"
        for name, question in audits.reconcile.items():
            found = _value(made.aggregate(f"coalesce(sum({name}), 0)"))
            expected = _value(self.connection.sql(question))
            if found != expected:
                yield f"{name} adds up to {found}, but {question} gives {expected}"

    def close(self) -> None:
        """Let the connection and all that it holds go."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _count(relation: duckdb.DuckDBPyRelation) -> int:
    return int(_value(relation.aggregate("count(*)")))


def _value(relation: duckdb.DuckDBPyRelation) -> Any:
    """Give the one value of a relation of one row and one column."""
    return relation.fetchall()[0][0]
