"""Messages: who refused them, and for whom they are."""

import numpy as np

from dashboards.parts.markup import count_of
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from footfall.clauses.people import mailings, reached
from policy.errors import UsageError
from warehouse.exports import Mailing, check_mailing

AUDIENCES = ("customer", "seller")


def opt_outs_respected(evidence: Evidence) -> Finding:
    """R28: of every list that could be exported now, nobody on it refused that communication; opt-outs are known by type."""
    subjects = evidence.house.subjects
    if not evidence.has_people:
        return not_applicable("nobody is registered, so nobody can have refused anything")
    types = {*evidence.house.policy.communications, "profile"}
    stated = dict(evidence.registry("select communication, count(*) from opt_outs group by communication"))
    defects = [
        f"{number} opt-outs are of a type that the policy does not declare"
        for name, number in stated.items()
        if name not in types
    ]
    lists = people = 0
    for mailing in mailings(evidence.house.policy) if evidence.has_profiles else ():
        customers = reached(evidence, mailing)
        lists, people = lists + 1, people + len(customers)
        for what in (mailing.communication, "profile"):
            refused = subjects.opted_out(what).column("customer").to_numpy()
            if found := np.intersect1d(customers, refused).size:
                defects.append(f"{found} people on the list {mailing.communication} refused {what}")
    counts = ", ".join(f"{number:,} of {name}" for name, number in sorted(stated.items())) or "none"
    return judged(
        f"opt-outs: {counts}; {lists} lists with {people:,} entries made in memory, nobody on them opted out", defects
    )


def audiences_apart(evidence: Evidence) -> Finding:
    """R29: lists for an audience that the policy does not name are refused, and none of the lists made has the other audience."""
    policy = evidence.house.policy
    defects, refused = [], 0
    for name, communication in policy.communications.items():
        for audience in AUDIENCES:
            if audience in communication.audiences:
                continue
            try:
                check_mailing(policy, Mailing(name, audience))
                defects.append(f"{name} could be exported for {audience}")
            except UsageError:
                refused += 1
    entries = evidence.house.registry.disclosures()
    for entry in entries:
        if entry.communication is not None:
            declared = policy.communications.get(entry.communication)
            if declared is None or entry.audience not in declared.audiences:
                defects.append(f"disclosure {entry.number} was for an audience that its communication may not reach")
    registered = evidence.house.subjects.registered()
    roles = dict(zip(registered.column("customer").to_pylist(), registered.column("role").to_pylist(), strict=True))
    people = 0
    for mailing in mailings(policy) if evidence.has_profiles else ():
        customers = reached(evidence, mailing).tolist()
        people += len(customers)
        if wrong := sum(roles.get(customer) != mailing.audience for customer in customers):
            defects.append(f"{wrong} people on the list {mailing.communication} are no {mailing.audience}s")
    return judged(
        f"{refused} lists of sellers' communications for customers tried, all refused; {people:,} entries of allowed lists and "
        f"{count_of(len(entries), 'disclosure')} keep to their audience",
        defects,
    )
