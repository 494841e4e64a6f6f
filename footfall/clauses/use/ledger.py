"""The ledger of disclosures."""

from dashboards.parts.markup import count_of
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged


def ledger_holds(evidence: Evidence) -> Finding:
    """R33: the ledger's chain of hashes holds, its numbers have no gap, and the database refuses to change or delete an entry."""
    house = evidence.house
    entries = house.registry.disclosures()
    defects = []
    broken = house.registry.check_disclosures()
    if broken is not None:
        defects.append(f"the chain of the ledger breaks at disclosure {broken}")
    changes = {"change": "update disclosures set rows = rows + 1", "delete": "delete from disclosures"}
    defects += [
        f"the database let somebody {verb} entries of the ledger"
        for verb, statement in changes.items()
        if entries and evidence.can_change(statement)
    ]
    if evidence.is_sqlite:
        named = {row[0] for row in evidence.registry("select name from sqlite_master where type = 'trigger'")}
        defects += [
            f"the guard {name} is gone"
            for name in ("disclosures_no_update", "disclosures_no_delete")
            if name not in named
        ]
    rows = sum(entry.rows for entry in entries)
    last = f", the last with the hash {entries[-1].hash[:16]}…" if entries else ""
    return judged(
        f"{count_of(len(entries), 'disclosure')} of {count_of(rows, 'row')}{last}; the chain holds; changing and deleting are refused by the database",
        defects,
    )
