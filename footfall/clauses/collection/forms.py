"""What people write into forms, and by which way each row came."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from transform.reasons import Reason
from transform.steps import STEPS
from warehouse.nightly.closed import rows_let_go
from warehouse.nightly.removal.erasing import erased_rows

SERVICE: Final = frozenset({"service"})
PEOPLE_FIELDS: Final = frozenset({"name", "email", "phone", "company", "birth_date", "age"})
FACTS: Final = {"hits": "operations", "customer_events": "profile", "purchases": "profile"}
REGISTRY: Final = "registrations"


def forms_serve_service(evidence: Evidence) -> Finding:
    """R14: fields of registrations carry the purpose service alone, and no table has one that others could read."""
    policy = evidence.house.policy
    fields = policy.sources["registration"].fields
    defects = [
        f"registration.{field.name} may be used for {purpose}"
        for field in fields
        for purpose in field.purposes
        if purpose not in SERVICE
    ]
    defects += [
        f"{name} has the column {column}, which is a field of registrations"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if column in PEOPLE_FIELDS and policy.tables[name].about != "visitors"
    ]
    if not evidence.has_forms:
        return judged("", defects) if defects else not_applicable("no registration has come in")
    tries = [("profile", "customer_profiles"), ("operations", "subjects"), ("geo_statistics", "subjects")]
    opened = [what for what, table in tries if not evidence.is_refused(f"select email from {table}", what)]  # noqa: S608
    defects += [f"an e-mail address could be asked for, for {purpose}" for purpose in opened]
    people = evidence.registry("select count(*) from subjects")[0][0]
    return judged(
        f"{len(fields)} fields for the purpose service alone; {people:,} people sealed in the registry, none of their fields in "
        f"{len(evidence.tables())} tables; {len(tries)} questions for an e-mail address tried, all refused",
        defects,
    )


def ways_reconcile(evidence: Evidence) -> Finding:
    """R15: each row states a declared way of collection, and for each the rows are as many as the intakes say."""
    policy = evidence.house.policy
    intakes = evidence.ask("select source, kept, stored from intakes")
    if not intakes:
        return not_applicable("nothing has come in yet")
    told: Counter[tuple[str, str]] = Counter()
    for row in intakes:
        for table, rows in (row["stored"] if row["stored"] is not None else {"hits": row["kept"]}).items():
            told[row["source"], table] += rows
    found: Counter[tuple[str, str]] = Counter()
    for table, purpose in FACTS.items():
        for row in evidence.ask(f"select collected_via as way, count(*) as n from {table} group by way", purpose):  # noqa: S608
            found[table, row["way"]] += row["n"]
    defects = [f"{table} has rows by an undeclared way" for table, way in found if way not in policy.collected_via]
    defects += _off(evidence, told, found)
    ways: Counter[str] = Counter()
    for (_, way), rows in found.items():
        ways[way] += rows
    counts = ", ".join(f"{rows:,} by {way}" for way, rows in sorted(ways.items()))
    forms = sum(rows for (_, table), rows in told.items() if table == REGISTRY)
    return judged(f"{counts}, {forms:,} registrations; the same as {len(intakes):,} intakes tell", defects)


def _off(evidence: Evidence, told: Counter[tuple[str, str]], found: Counter[tuple[str, str]]) -> Iterator[str]:
    """Compare what intakes tell, by source and table, with the rows found by table and way; erased rows were there once."""
    erased = erased_rows(evidence.house.lake)
    unfinished = evidence.number("select count(*) as n from hits where intake not in (select intake from intakes)")
    for table in FACTS:
        due = sum(rows for (_, name), rows in told.items() if name == table)
        there = sum(rows for (name, _), rows in found.items() if name == table) + erased.get(table, 0)
        # Of an intake that is half written the hits are known by its name, the rest is more than was told.
        spare = unfinished if table == "hits" else max(0, there - due)
        # Where intakes went when their time was over, nobody tells of their rows any more.
        if there - spare < due or (there - spare > due and not rows_let_go(evidence.house.lake.table("intakes"))):
            yield f"{table} has {there:,} rows, erased ones counted, and intakes tell of {due:,}"
    for source, declared in evidence.house.policy.sources.items():
        # Records of some sources may state another way than their source's.
        if source in STEPS and all(field.name != "collected_via" for field in declared.fields):
            for table in FACTS:
                rows = found[table, declared.collected_via] + erased.get(table, 0)
                if rows < told[source, table]:
                    yield f"{table} has {rows:,} rows by {declared.collected_via}, and {told[source, table]:,} came in"


def fields_mandatory(evidence: Evidence) -> Finding:
    """R16: whoever was refused for a missing field lacked a mandatory one, and the reason says which."""
    policy = evidence.house.policy
    known = {reason.value for reason in Reason}
    counted: Counter[str] = Counter()
    defects = []
    rows = evidence.ask("select source, reason, count(*) as n from dead_letters group by source, reason")
    for row in rows:
        kind, _, field = row["reason"].partition("_")
        declared = {one.name: one for one in policy.sources[row["source"]].fields}
        if row["reason"] in known or kind not in {"missing", "bad"}:
            counted["other reasons"] += row["n"]
            if row["reason"] not in known:
                defects.append(f"{row['n']} dead letters have a reason that is on no list")
            continue
        counted[kind] += row["n"]
        if field not in declared:
            defects.append(f"{row['n']} records of {row['source']} were refused for a field that is not declared")
        elif kind == "missing" and not declared[field].mandatory:
            defects.append(f"{row['n']} records of {row['source']} were refused for want of {field}, which is optional")
    if not evidence.sizes()["intakes"]:
        return not_applicable("nothing has come in yet")
    mandatory = sum(len(source.mandatory) for source in policy.sources.values())
    return judged(
        f"{counted['missing']:,} records refused for want of one of {mandatory} mandatory fields, each named; {counted['bad']:,} "
        f"for a malformed one, {counted['other reasons']:,} for other listed reasons; none for want of an optional field",
        defects,
    )
