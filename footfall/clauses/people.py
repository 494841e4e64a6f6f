"""Registered people and the lists that could be made of them, for the checks that look at these."""

from collections.abc import Iterator

import numpy as np

from footfall.clauses.evidence import Evidence, Numbers
from policy import Policy
from warehouse import exports
from warehouse.exports import Mailing
from warehouse.registry.subjects import rows
from warehouse.registry.subjects.sealing import Person, Seals


def mailings(policy: Policy) -> Iterator[Mailing]:
    """Give every list that the policy lets be exported: each communication to each audience that it may reach."""
    for name, communication in policy.communications.items():
        for audience in communication.audiences:
            yield Mailing(name, audience)


def reached(evidence: Evidence, mailing: Mailing) -> Numbers:
    """Give the customers whom an export would reach now: chosen from all profiles, those that the door hides too."""
    return evidence.once(f"{mailing.communication} for {mailing.audience}", lambda: _chosen(evidence, mailing))


def _chosen(evidence: Evidence, mailing: Mailing) -> Numbers:
    profiles = evidence.house.lake.table("customer_profiles").read(columns=["customer", "role"])
    chosen = exports.choose(profiles, mailing, evidence.house.subjects)
    return np.unique(chosen.rows.column("customer").to_numpy())


def some_people(evidence: Evidence) -> list[Person]:
    """Open the first registered people, as many as are looked at, to search for what they are called."""
    seals = Seals(evidence.house.keyring)
    with evidence.house.registry.read() as connection:
        found = connection.execute(rows.chosen().limit(evidence.bounds.people_max)).all()
    return [seals.open(subject, seals.unwrap(subject, wrapped), sealed) for subject, wrapped, sealed in found]
