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

    def publish(self, model: Model, numbers_max: int = 1) -> Published:
        """Make what may be published of the days looked at.

        Args:
            model: one with a release.
            numbers_max: how many visitor numbers one person may have on these days; a cell needs as many times k numbers, so
                that k people are behind them whatever happened.
        """
        if model.head.release is None:
            raise ModelError(f"{model.head.name} has no release")
        releases = self._policy.releases
        k = releases.k * numbers_max
        return publish(self.connection, model.head.release.cells, k=k, members_min=releases.members_min)

    def _findings(self, model: Model) -> Iterator[str]:
        made, audits = self.connection.table("made"), model.head.audits
        keys = ", ".join(model.head.keys)
        once = made.aggregate(f"{keys}, count(*) as times", keys)
        if repeated := _values(once.aggregate("count(*) filter (times > 1)"))[0]:
            yield f"{repeated} keys ({keys}) stand in more than one row"
        checks = {f"{name} is null": f"{name} is empty" for name in audits.not_null}
        for name, (least, most) in audits.range.items():
            bounds = [f"{name} < {least}"] * (least is not None) + [f"{name} > {most}"] * (most is not None)
            checks[" or ".join(bounds)] = f"{name} is not from {least} to {most}"
        counts = [f"count(*) filter ({check})" for check in checks]
        sums = [f"coalesce(sum({name}), 0)" for name in audits.reconcile]
        found = _values(made.aggregate(", ".join([*counts, *sums, "count(*)"])))
        for breach, rows in zip(checks.values(), found, strict=False):
            if rows:
                yield f"{breach} in {rows} rows"
        for (name, question), total in zip(audits.reconcile.items(), found[len(checks) :], strict=False):
            expected = _values(self.connection.sql(question))[0]
            if total != expected:
                yield f"{name} adds up to {total}, but {question} gives {expected}"

    def close(self) -> None:
        """Let the connection and all that it holds go."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _values(relation: duckdb.DuckDBPyRelation) -> tuple[Any, ...]:
    """Give the one row of a relation."""
    return relation.fetchall()[0]
