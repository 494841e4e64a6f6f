"""What the transparency report is told of a warehouse (R52)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from dashboards.transparency import ClauseResult, Facts, Geography, HandedOut, KeyFact, OpenFinding, Report
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Checked
from footfall.doctor.geography import Fidelity, Sample, fidelity
from transform.geography import Places
from warehouse.keyring import KeyRecord
from warehouse.registry import Disclosure

SEED: Final = 1
ADDRESSES: Final = 50_000
VIEWS_BY_COUNTRY: Final = (
    "select country, count(*) as views from hits where kind = 'page' and not is_bot group by country"
)


def transparency(evidence: Evidence, checked: Sequence[Checked], *, reckon_fidelity: bool = False) -> Report:
    """Gather what the report says; with `reckon_fidelity` how true the places are, which takes a second or two."""
    house = evidence.house
    entries = house.registry.disclosures()
    places = house.places
    reckoned = _fidelity(evidence, places) if reckon_fidelity else ()
    return Report(
        Facts(
            policy=house.policy,
            generated_at=evidence.now,
            clauses=tuple(
                ClauseResult(one.id, one.part, one.title, one.check, one.result, one.evidence) for one in checked
            ),
            rows=evidence.sizes(),
            keys=tuple(_keys(house.keyring.status())),
            geography=Geography(
                places.name,
                places.built,
                places.licence,
                places.attribution_text,
                house.settings.geography.level,
                reckoned,
            ),
            findings=tuple(
                OpenFinding(one.kind, one.detail, one.at) for one in house.registry.findings() if one.detail
            ),
            disclosures=tuple(_handed_out(entries)),
            ledger_hash=entries[-1].hash if entries else "",
            accesses=int(evidence.registry("select count(*) from audit")[0][0]),
            settings=_settings(evidence),
        )
    )


def _keys(records: Sequence[KeyRecord]) -> Iterator[KeyFact]:
    """Tell of each key what may be told; the keys of days are one line."""
    days = [record for record in records if record.is_day]
    for record in records:
        if record.is_day:
            continue
        name = f"{record.purpose} {record.period}".strip()
        destroyed = f"{record.destroyed_at:%Y-%m-%d}" if record.destroyed_at else ""
        state = "destroyed" if record.destroyed_at else "in use"
        yield KeyFact(name, str(record.generation), f"{record.created_at:%Y-%m-%d}", destroyed, state)
    if days:
        live = [record.period for record in days if record.destroyed_at is None]
        gone = len(days) - len(live)
        span = f"{live[0]} to {live[-1]}" if live else ""
        yield KeyFact(f"day {span}".strip(), "", "", f"{gone} days", f"{len(live)} in use")


def _handed_out(entries: Sequence[Disclosure]) -> Iterator[HandedOut]:
    by_recipient: defaultdict[str, list[Disclosure]] = defaultdict(list)
    for entry in entries:
        by_recipient[entry.recipient].append(entry)
    for recipient, given in sorted(by_recipient.items()):
        yield HandedOut(recipient, len(given), sum(entry.rows for entry in given), max(entry.at for entry in given))


def _settings(evidence: Evidence) -> dict[str, str]:
    """Name the settings on which privacy depends; none of them is a secret."""
    settings = evidence.house.settings
    return {
        "geography.level": settings.geography.level,
        "urls.keep_parameters": ", ".join(settings.urls.keep_parameters),
        "kafka.security": settings.kafka.security if settings.kafka.bootstrap else "our own broker, on loopback",
        "proxies.trusted": f"{len(settings.proxies.trusted)} networks",
        "registry": "another database" if settings.registry else "a file of this warehouse",
    }


def _fidelity(evidence: Evidence, places: Places) -> tuple[str, ...]:
    """Say how true the places are, for visitors of the countries that were seen."""
    views = {row["country"]: float(row["views"]) for row in evidence.ask(VIEWS_BY_COUNTRY)}
    total = sum(views.values())
    mix = {country: number / total for country, number in views.items()} if total else {}
    sample = Sample.of_table(places, mix, np.random.default_rng(SEED), ADDRESSES)
    return tuple(_sentences(fidelity(places, sample, evidence.now.date())))


def _sentences(told: Fidelity) -> Iterator[str]:
    yield (
        f"The database is {told.age_days} days old. Asked about {told.sample}: {told.unknown_countries:.1%} have no country and "
        f"{told.unknown_regions:.1%} no region."
    )
    for change in told.changes:
        way = "If addresses were masked to" if change.way == "mask" else "In the database"
        yield f"{way} {change.name}, {change.places:.1%} of the places and {change.countries:.1%} of the countries would be different."
