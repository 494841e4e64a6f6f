"""Addresses, and the places that they become."""

import re
from datetime import timedelta
from importlib import resources
from typing import Final

from dashboards.parts.markup import count_of
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, of
from footfall.clauses.implied.days import NIGHT_GRACE_H
from footfall.clauses.instruments.detectors import ADDRESSES, ADDRESSES_AMONG_BYTES, found_in

COUNTRY: Final = re.compile("[A-Z]{2}|unknown|other")
REGION: Final = re.compile("[A-Z]{2}-[A-Z0-9]{1,3}|unknown|other")
ADDRESS_NAMES: Final = re.compile(r"(^|_)(ip|ips|address|addr|client|x_forwarded_for|remote)(_|$)")
HOST_NAMES: Final = re.compile(r"(^|_)(host_?name|computer|machine|rdns)(_|$)")
LOOK_UPS: Final = re.compile(r"\b(gethostbyaddr|gethostbyname_ex|getfqdn|getnameinfo|reversename)\b")
PACKAGES: Final = ("footfall", "ingest", "warehouse", "transform", "dashboards", "policy")
SOFTWARE: Final = frozenset({"software_usage"})


def no_address_stored(evidence: Evidence) -> Finding:
    """R5: no column, no text of any table and no other file has an address, and no day key outlives the late window (T1)."""
    defects = [
        f"{name} has the column {column}, made for an address"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if ADDRESS_NAMES.search(column)
    ]
    values = 0
    for texts in evidence.texts():
        values += len(texts.values)
        if found := {one for text in texts.values for one in found_in(text, ADDRESSES)}:
            defects.append(f"{texts.table}.{texts.column} has {' and '.join(sorted(found))}")
    size = 0
    for path, content in evidence.other_files():
        size += len(content)
        if found := set(found_in(content.decode("latin-1"), ADDRESSES_AMONG_BYTES)):
            defects.append(f"{evidence.shown(path)} has {' and '.join(sorted(found))}")
    looked, there = evidence.rows_decoded()
    keys, overdue = _day_keys(evidence)
    return judged(
        f"{values:,} distinct texts of {of(looked, there, 'rows')} and {size / 1e6:.1f} MB of other files: 0 addresses; {keys}",
        defects + overdue,
    )


def _day_keys(evidence: Evidence) -> tuple[str, list[str]]:
    """Say how many keys that number visitors live and how long the oldest has to; name those that a night should have destroyed."""
    late = timedelta(hours=evidence.house.policy.windows.late_h)
    days = [key for key in evidence.house.keyring.status() if key.is_day]
    live = sorted((key.over_at(late), key.period) for key in days if key.destroyed_at is None)
    told = f"{count_of(len(days), 'day key')}, {len(live)} live"
    if not live:
        return told, []
    over_at, period = live[0]
    age_h = max(timedelta(), evidence.now - (over_at - late)) / timedelta(hours=1)
    told += f", the oldest of {period}: {age_h:.0f} h of its {evidence.house.policy.windows.late_h} h are over"
    grace = timedelta(hours=NIGHT_GRACE_H)  # nothing but a night destroys them
    overdue = [period for over_at, period in live if over_at + grace <= evidence.now]
    if not overdue:
        return told, []
    return told, [
        f"{count_of(len(overdue), 'day key')} outlived the late window, the oldest of {overdue[0]}; `footfall nightly` destroys them"
    ]


def places_are_coarse(evidence: Evidence) -> Finding:
    """R6: places are countries and regions, or unknown; the database that said so has a name and a date."""
    places, level = evidence.house.places, evidence.house.settings.geography.level
    defects = [
        f"{name} has the column {column}"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if re.search("city|postal|zip|latitude|longitude|coordinates", column)
    ]
    for texts in evidence.texts():
        pattern = {"country": COUNTRY, "region": REGION, "top_country": COUNTRY}.get(texts.column)
        wrong = [value for value in texts.values if pattern and not pattern.fullmatch(value)]
        if wrong:
            defects.append(f"{len(wrong)} values of {texts.table}.{texts.column} are no code of a {texts.column}")
    if not places.name:
        defects.append("the database of places has no name")
    hits = evidence.sizes()["hits"]
    unknown = evidence.number("select count(*) as unknown from hits where country = 'unknown'")
    share = f", {unknown / hits:.1%} of {hits:,} hits of unknown place" if hits else ""
    return judged(f"{places.name} of {places.built}, by {level}{share}; no finer column and no finer value", defects)


def no_host_names(evidence: Evidence) -> Finding:
    """R18: no computer's name is stored, none is taken from anything but software, and none is ever looked up."""
    policy = evidence.house.policy
    defects = [
        f"{name} has the column {column}, made for a computer's name"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if HOST_NAMES.search(column)
    ]
    defects += [
        f"the source {name} takes the field {field.name}"
        for name, source in policy.sources.items()
        for field in source.fields
        if HOST_NAMES.search(field.name) and (name not in SOFTWARE or set(field.purposes) & {"profile", "marketing"})
    ]
    files = [file for package in PACKAGES for file in sorted(_sources(package))]
    defects += [f"{name} looks names up" for name, text in files if LOOK_UPS.search(text) and "LOOK_UPS" not in text]
    refused = sum(
        times
        for row in evidence.ask("select source, fields_dropped from intakes where fields_dropped is not null")
        for name, times in row["fields_dropped"].items()
        if HOST_NAMES.search(name)
    )
    return judged(
        f"{len(evidence.schemas())} files without a column for a computer's name; {refused:,} such fields from other sources dropped; "
        f"{len(files)} modules of this program never look an address's name up",
        defects,
    )


def _sources(package: str) -> list[tuple[str, str]]:
    """Read the modules of a package as they are installed."""
    found, waiting = [], [(package, resources.files(package))]
    while waiting:
        name, folder = waiting.pop()
        for item in folder.iterdir():
            if item.is_dir() and item.name != "__pycache__":
                waiting.append((f"{name}/{item.name}", item))
            elif item.name.endswith(".py"):
                found.append((f"{name}/{item.name}", item.read_text()))
    return found
