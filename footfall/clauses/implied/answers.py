"""Answers for analysts: an attempt at everything else."""

from collections.abc import Iterator
from typing import Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from footfall.house import account, now
from policy.errors import UsageError
from warehouse.door import Door, RefusedError

REACHES: Final = (
    "select * from read_parquet('{file}')",
    "select * from '{file}'",
    "copy (select 1) to '{folder}/out.csv'",
    "attach '{folder}/registry/registry.db' as registry",
    "install sqlite",
    "load sqlite",
    "pragma database_list",
    "set enable_external_access = true",
    "select * from glob('{folder}/*')",
    "select * from duckdb_settings()",
    "select * from duckdb_secrets()",
    "create table mine as select 1",
    "export database '{folder}/out'",
    "select getenv('HOME')",
    "explain select * from read_csv('{folder}/footfall.toml')",
)


def analysts_see_releases_only(evidence: Evidence) -> Finding:
    """R60: an analyst is answered from released tables, and refused every other table, personal column, file and setting."""
    house = evidence.house
    released = [name for name, table in house.policy.tables.items() if table.kind == "release"]
    file = next(
        (str(path) for name in ("customer_events", "hits") for path in evidence.files(name)),
        f"{house.data}/none.parquet",
    )
    if not any(evidence.sizes()[name] for name in released):
        return not_applicable("nothing is published yet; `footfall nightly` publishes")
    defects, rows, refused = [], 0, 0
    door = Door(house.lake, house.registry, house.policy, now, hidden=house.subjects.hidden)
    with door.open(who=account()) as session:
        for name in released:
            answer = session.query(f"select count(*) as n, min(visitors) as least from {name}").to_pylist()[0]  # noqa: S608
            rows += answer["n"]
            if answer["n"] and answer["least"] < house.policy.k:
                defects.append(f"an analyst was shown a cell of {name} below {house.policy.k} visitors")
        for what, question in _tries(evidence, file):
            try:
                session.query(question)
                defects.append(f"an analyst was answered: {what}")
            except (RefusedError, UsageError):
                refused += 1
    return judged(
        f"{len(released)} released tables with {rows:,} rows answered; {refused} attempts at other tables, personal columns, files and "
        "settings refused",
        defects,
    )


def _tries(evidence: Evidence, file: str) -> Iterator[tuple[str, str]]:
    """Give what is tried, and how it is called in the evidence."""
    for name, table in evidence.house.policy.tables.items():
        if table.kind != "release":
            yield f"the table {name}", f"select * from {name} limit 1"  # noqa: S608 - the policy's name
            for column in table.columns:
                if column.personal:
                    yield f"the column {name}.{column.name}", f"select {column.name} from {name} limit 1"  # noqa: S608
    for pattern in REACHES:
        yield pattern.split("{")[0].split("'")[0].strip(), pattern.format(file=file, folder=evidence.house.data)
