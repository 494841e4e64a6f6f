"""Children: nothing of theirs is kept, and no message reaches them."""

import re
from typing import Final

import numpy as np

from dashboards.parts.markup import count_of
from footfall.clauses.evidence import CUSTOMER_TABLES, Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from footfall.clauses.people import mailings, reached
from warehouse.registry.subjects.sealing import Seals

AGES: Final = re.compile(r"(^|_)(age|birth|birthday|birth_date|born)(_|$)")


def children_refused(evidence: Evidence) -> Finding:
    """R10: of whoever is flagged as a child no form, event, order or profile is kept; a count remains, and no age."""
    house = evidence.house
    if not evidence.has_forms:
        return not_applicable("no registration has come in, so nobody can have been found to be a child")
    children = house.subjects.children()
    waiting = {one.customer for one in house.subjects.erasures() if one.state == "queued"}
    defects = [
        f"{name} has the column {column}, made for an age"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if AGES.search(column)
    ]
    due = 0
    for table in CUSTOMER_TABLES:
        there = np.intersect1d(evidence.customers(table), children)
        late = [child for child in there.tolist() if child not in waiting]
        due += len(there) - len(late)
        if late:
            defects.append(f"{table} has rows of {count_of(len(late), 'child', 'children')}")
    seals = Seals(house.keyring)
    links = {row[0] for row in evidence.registry("select profile_link from subjects")}
    held = sum(seals.link(child) in links for child in children.tolist())
    if held:
        defects.append(f"{count_of(held, 'child', 'children')} still registered")
    refused = evidence.number("select sum(coalesce(dropped['child'], 0)) as refused from intakes")
    return judged(
        f"{len(children):,} ids flagged as a child's, {refused:,} records of theirs refused and counted, {len(waiting):,} "
        f"queued for erasure ({due} with rows that the next night erases); none registered or in a profile; no column for an age",
        defects,
    )


def no_messages_to_children(evidence: Evidence) -> Finding:
    """R11: every list of recipients that could be exported now is made in memory, and no child is on any."""
    if not evidence.has_profiles:
        return not_applicable(
            "there are no profiles to export; registrations and events make them, `footfall nightly` then"
        )
    children = evidence.house.subjects.children()
    defects, lists, people = [], 0, 0
    for mailing in mailings(evidence.house.policy):
        customers = reached(evidence, mailing)
        lists, people = lists + 1, people + len(customers)
        if found := np.intersect1d(customers, children).size:
            defects.append(
                f"the list {mailing.communication} for {mailing.audience} has {count_of(found, 'child', 'children')} on it"
            )
    return judged(
        f"{lists} lists for {len(evidence.house.policy.communications)} communications, {people:,} entries, laid beside "
        f"{len(children):,} ids of children: 0 in common",
        defects,
    )
