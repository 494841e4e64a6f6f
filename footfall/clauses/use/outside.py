"""What leaves the house, and what comes from elsewhere."""

from collections import Counter
from fnmatch import fnmatchcase
from typing import Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged
from footfall.clauses.instruments.sockets import reached
from policy.errors import UsageError
from warehouse.exports import Mailing, check_mailing

AUTHORISATION: Final = "purchase_authorisation"


def recipients_declared(evidence: Evidence) -> Finding:
    """R27: every export has a declared recipient, undeclared ones are refused, and the checks themselves called nobody."""
    house, policy = evidence.house, evidence.house.policy
    entries = house.registry.disclosures()
    defects = [
        f"disclosure {entry.number} went to a recipient that may not have it"
        for entry in entries
        if entry.recipient not in policy.recipients or entry.purpose not in policy.recipients[entry.recipient].purposes
    ]
    communication, declared = next(iter(policy.communications.items()))
    tried = 0
    for recipient in (
        "nobody_declared",
        *(name for name, one in policy.recipients.items() if "marketing" not in one.purposes),
    ):
        try:
            check_mailing(policy, Mailing(communication, declared.audiences[0], recipient))
            defects.append(f"an export to {recipient} would be allowed")
        except UsageError:
            tried += 1
    calls = reached()
    allowed = {
        "the broker": house.settings.kafka.bootstrap or "our own, on loopback",
        "the registry": _where(house.settings.registry),
    }
    defects += [f"the checks called {len(calls)} addresses"] if calls and not house.settings.registry else []
    given = Counter(entry.recipient for entry in entries)
    told = ", ".join(f"{number} to {name}" for name, number in sorted(given.items())) or "none"
    return judged(
        f"exports: {told}; {tried} undeclared recipients tried, all refused; configured: "
        f"{', '.join(f'{name} ({where})' for name, where in allowed.items())}; connections opened by these checks: {len(calls)}",
        defects,
    )


def outside_data_refused(evidence: Evidence) -> Finding:
    """R31: no source and no column serves the authorisation of purchases; fields of that kind are refused and counted."""
    policy = evidence.house.policy
    patterns = [rule.pattern for rule in policy.refused if rule.clause == "R31"]
    defects = [
        f"{name} has the column {column}"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if any(fnmatchcase(column, pattern) for pattern in patterns)
    ]
    defects += [
        f"{name}.{field.name} is declared for {AUTHORISATION}, and no source of such data is"
        for name, source in policy.sources.items()
        for field in source.fields
        if AUTHORISATION in field.purposes
    ]
    defects += [
        f"{name}.{column.name} may be read for {AUTHORISATION}"
        for name, table in policy.tables.items()
        for column in table.columns
        if AUTHORISATION in column.purposes
    ]
    if not patterns:
        defects.append("the policy refuses no field of this kind by name")
    counted = sum(
        times
        for row in evidence.ask("select source, fields_dropped from intakes where fields_dropped is not null")
        for name, times in row["fields_dropped"].items()
        if any(fnmatchcase(name.lower(), pattern) for pattern in patterns)
    )
    return judged(
        f"{len(patterns)} patterns of names refused ({', '.join(patterns)}), {counted:,} such fields came and were counted; none in "
        f"{len(evidence.schemas())} files",
        defects,
    )


def _where(registry: str) -> str:
    return registry.partition("://")[0] if registry else "a file of this warehouse"
