"""The version in force, and that nothing is stored or read beyond what was disclosed."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa

from dashboards.parts.markup import count_of
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, of
from policy import load_policy
from policy.errors import FootfallError
from policy.schemas import arrow_type

PLAIN: Final = re.compile(r"[A-Za-z0-9_./-]{1,60}")


def versions_known(evidence: Evidence) -> Finding:
    """R1: every stored row and every export carries the version of a policy that is known."""
    policy = evidence.house.policy
    found: Counter[str] = Counter()
    defects = []
    for texts in evidence.texts():
        if texts.column == "policy_version":
            found.update(texts.values)
            defects += [
                f"{texts.table} has rows of version {_plain(one)}" for one in texts.values if not _known(evidence, one)
            ]
    for name in evidence.tables():
        if not any(texts.table == name and texts.column == "policy_version" for texts in evidence.texts()):
            defects.append(f"{name} has rows that do not say their version")
    exports = evidence.house.registry.disclosures()
    defects += [
        f"export {one.number} has an unknown version" for one in exports if not _known(evidence, one.policy_version)
    ]
    looked, there = evidence.rows_decoded()
    rows = of(looked, there, "rows")
    return judged(
        f"{policy.name} {policy.version} of {policy.dated} in force; {rows} in {len(evidence.tables())} tables and "
        f"{count_of(len(exports), 'export')} carry {', '.join(sorted(found)) or 'nothing yet'}",
        defects,
    )


def declared_only(evidence: Evidence) -> Finding:
    """R2: files hold declared columns only; undeclared fields were dropped and counted by their names."""
    policy = evidence.house.policy
    declared = {name: {column.name for column in table.columns} for name, table in policy.tables.items()}
    defects = [
        f"{name} has the undeclared column {_plain(column)}"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if column not in declared[name]
    ]
    dropped: Counter[str] = Counter()
    for row in evidence.ask("select source, fields_dropped from intakes where fields_dropped is not null"):
        fields = {field.name for field in policy.sources[row["source"]].fields}
        for name, times in row["fields_dropped"].items():
            dropped[name] += times
            if name in fields:
                defects.append(f"{row['source']}: the declared field {name} was dropped")
    names = f" under {len(dropped)} names" if dropped else ""
    return judged(
        f"{len(evidence.schemas())} files of {len(evidence.tables())} tables; "
        f"{sum(dropped.values()):,} undeclared fields dropped and counted{names}",
        defects,
    )


def purposes_carried(evidence: Evidence) -> Finding:
    """R3: each column in each file carries its purposes and clause, and a read for another purpose is refused and audited."""
    policy = evidence.house.policy
    defects = [defect for file in evidence.schemas() for defect in _undisclosed(evidence, file)]
    columns = sum(len(schema.names) for _, schema in evidence.schemas().values())
    known = {f"{path.parent.name}/{path.name}" for path in _folders(evidence)}
    expected = {f"{_kind(table.kind)}/{name}" for name, table in policy.tables.items()}
    defects += [f"the lake has the folder {_plain(one)}, which no declared table owns" for one in known - expected]
    before = _refusals(evidence)
    wrong = list(_wrong_reads(evidence))
    for purpose, table in wrong:
        if not evidence.is_refused(f"select count(*) as n from {table}", purpose):  # noqa: S608 - the policy's name
            defects.append(f"{table} was read for {purpose}, which its columns do not carry")
    audited = _refusals(evidence) - before
    if audited < len(wrong):
        defects.append(f"{len(wrong)} reads were refused and {audited} are in the audit")
    return judged(
        f"{columns:,} columns in {len(evidence.schemas())} files name their purposes; {len(wrong)} reads for purposes that a table "
        "does not carry were tried, all refused and audited",
        defects,
    )


def channels_registered(evidence: Evidence) -> Finding:
    """R4: each event has a declared channel and a registered site; others are dead letters."""
    policy, sites = evidence.house.policy, set(evidence.house.settings.sites)
    defects = []
    seen: set[str] = set()
    for texts in evidence.texts():
        if texts.column == "channel":
            defects += [
                f"{texts.table} has an undeclared channel" for one in texts.values if one not in policy.channels
            ]
        if texts.column == "site":
            seen |= set(texts.values)
            if not all(texts.values):
                defects.append(f"{texts.table} has events of no site")
    if sites:
        stranger = seen - sites - {evidence.house.settings.site}
        defects += [f"{len(stranger)} sites have rows and are not registered"] if stranger else []
    refused = evidence.number(
        "select sum(coalesce(dead_letters['unknown_site'], 0) + coalesce(dead_letters['unknown_product'], 0) "
        "+ coalesce(dead_letters['bad_site'], 0)) as refused from intakes"
    )
    return judged(
        f"{count_of(len(seen), 'site')}, {len(sites)} of them registered by settings; channels {', '.join(policy.channels)}; "
        f"{refused:,} events of unknown sites or products are dead letters",
        defects,
    )


def _known(evidence: Evidence, version: str) -> bool:
    policy = evidence.house.policy
    if version == policy.version:
        return True
    try:
        return load_policy(f"{policy.name}-{version}").version == version
    except FootfallError:
        return False


def _undisclosed(evidence: Evidence, file: Path) -> Iterator[str]:
    name, schema = evidence.schemas()[file]
    for column in evidence.house.policy.tables[name].columns:
        if column.name in schema.names:
            field = schema.field(column.name)
            told = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            if told.get("purpose") != ",".join(column.purposes) or told.get("clause") != column.clause:
                yield f"{name}.{column.name} does not carry its declared purposes in {evidence.shown(file)}"
            if _stored_type(field) != arrow_type(column.type):
                yield f"{name}.{column.name} is stored with another type than is declared"


def _stored_type(field: pa.Field) -> pa.DataType:
    return field.type.value_type if pa.types.is_dictionary(field.type) else field.type


def _wrong_reads(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Name for each table a purpose that opens others and not this one."""
    for name, table in evidence.house.policy.tables.items():
        carried = {purpose for column in table.columns for purpose in column.purposes}
        yield from ((purpose, name) for purpose in ("profile", "operations") if purpose not in carried)


def _refusals(evidence: Evidence) -> int:
    return int(evidence.registry("select count(*) from audit where outcome = 'refused'")[0][0])


def _folders(evidence: Evidence) -> Iterator[Path]:
    lake = evidence.house.data / "lake"
    for kind in sorted(lake.iterdir()) if lake.is_dir() else []:
        yield from (folder for folder in sorted(kind.iterdir()) if folder.is_dir())


def _kind(kind: str) -> str:
    return {"fact": "facts", "mart": "marts", "release": "releases"}[kind]


def _plain(name: str) -> str:
    """Repeat a name only where it is one; anything else may be somebody's."""
    return name if PLAIN.fullmatch(name) else "of a name that is no plain word"
