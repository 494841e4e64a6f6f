"""Cookies, automatic logins, pseudonyms and credentials."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Final

import numpy as np

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable, of
from footfall.clauses.instruments.detectors import COOKIES, CREDENTIALS, NAMED_CREDENTIALS, found_in, with_placeholders
from transform.secrets import PLACEHOLDER, redact_line

PSEUDONYMS: Final = ("profile", "profile_link", "service", "event")
NIGHT_GRACE_H: Final = 48
"""A day key goes with the first night after its time; who misses two nights has kept it too long."""


def no_cookie_stored(evidence: Evidence) -> Finding:
    """R23: no column and no text has a cookie, and each purpose has pseudonyms under a key of its own."""
    defects = [
        f"{name} has the column {column}, made for a cookie"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if "cookie" in column or column in {"session", "session_id", "sid"}
    ]
    values = 0
    for texts in evidence.texts():
        values += len(texts.values)
        if any(True for text in texts.values for _ in found_in(text, COOKIES)):
            defects.append(f"{texts.table}.{texts.column} has a cookie")
    keyring = evidence.house.keyring
    made = {record.purpose for record in keyring.status() if not record.period and record.destroyed_at is None}
    purposes = [purpose for purpose in PSEUDONYMS if purpose in made]
    keys = {purpose: keyring.purpose_key(purpose) for purpose in purposes}
    defects += [
        f"{one} and {other} have the same key" for one, other in combinations(purposes, 2) if keys[one] == keys[other]
    ]
    subjects = np.array([row[0] for row in evidence.registry("select subject from subjects")], np.int64)
    joined = np.intersect1d(subjects, evidence.customers("customer_events")).size
    if joined:
        defects.append(f"{joined} people have one number for two purposes")
    refused = _refused(evidence, "*cookie*")
    return judged(
        f"{values:,} distinct texts without a cookie; {refused:,} fields with cookies refused and counted; {len(purposes)} kinds of "
        f"pseudonyms, each under another key; {len(subjects):,} people joined over two purposes: 0 rows",
        defects,
    )


def automatic_login_by_choice(evidence: Evidence) -> Finding:
    """R24: no table records an automatic login; the registry has the opt-in that people stated, and nothing where they did not."""
    defects = [
        f"{name} has the column {column}, which records automatic logins"
        for name, schema in evidence.schemas().values()
        for column in schema.names
        if "auto_login" in column or "remember_me" in column
    ]
    counted = dict(evidence.registry("select auto_login_opt_in, count(*) from subjects group by auto_login_opt_in"))
    yes = sum(number for said, number in counted.items() if said)
    no = sum(number for said, number in counted.items() if said is not None and not said)
    return judged(
        f"{len(evidence.schemas())} files without a column for automatic logins; of {sum(counted.values()):,} people "
        f"{yes:,} opted in, {no:,} refused, {counted.get(None, 0):,} did not say",
        defects,
    )


def pseudonyms_expire(evidence: Evidence) -> Finding:
    """R25: a visitor has another number each day, well within the linkage window, and keys of days go when their time is over."""
    windows = evidence.house.policy.windows
    linked = evidence.ask(
        "select count(*) as visitors, count(*) filter (where days > 1) as linked from "
        "(select visitor, count(distinct event_date) as days from hits group by visitor)"
    )[0]
    if not linked["visitors"]:
        return not_applicable("no visitor has been numbered yet")
    defects = [f"{linked['linked']} visitor numbers stand on more than one day"] if linked["linked"] else []
    keys = [key for key in evidence.house.keyring.status() if key.is_day]
    overdue = [
        key.period
        for key in keys
        if key.destroyed_at is None
        and evidence.now > max(key.created_at, _end(key.period)) + timedelta(hours=windows.late_h + NIGHT_GRACE_H)
    ]
    if overdue:
        defects.append(f"the keys of {len(overdue)} days should have been destroyed; run `footfall nightly`")
    destroyed = sum(key.destroyed_at is not None for key in keys)
    return judged(
        f"{linked['visitors']:,} visitor numbers, 0 of them on two days (window: {windows.linkage_days} days); no pseudonym is made "
        f"of a cookie; of {len(keys)} day keys {destroyed} are destroyed, none is overdue",
        defects,
    )


def no_credentials_stored(evidence: Evidence) -> Finding:
    """R26: no text and no other file has a password, token or card number, by patterns and by the redactor itself."""
    defects = []
    looked = there = 0
    for texts in evidence.texts():
        step = max(1, len(texts.values) // 100_000)
        values = texts.values[::step]
        looked, there = looked + len(values), there + len(texts.values)
        place = f"{texts.table}.{texts.column}"
        found = {one for text in values for one in found_in(text, CREDENTIALS)}
        defects += [f"{place} has {one}" for one in sorted(found)]
        changed = sum(redact_line(text.encode()) != text.encode() for text in map(_redacted, values))
        if changed:
            defects.append(f"{changed} texts of {place} would be redacted today")
    size = 0
    for path, content in evidence.other_files():
        if path.suffix in {".html", ".db"}:  # pages speak of passwords, and a database has bytes between its texts
            continue
        size += len(content)
        found = set(found_in(content.decode("latin-1"), NAMED_CREDENTIALS))
        defects += [f"{evidence.shown(path)} has {one}" for one in sorted(found)]
    refused = sum(_refused(evidence, rule.pattern) for rule in evidence.house.policy.refused if rule.clause == "R26")
    return judged(
        f"{of(looked, there, 'distinct texts')} and {size / 1e6:.1f} MB of other files: 0 credentials; {refused:,} fields with such "
        "names refused and counted (`footfall policy check --canaries` plants some and looks for them)",
        defects,
    )


def _redacted(text: str) -> str:
    """Let what the pipeline took out look as the redactor would have it, which leaves its own placeholder alone."""
    return with_placeholders(text, PLACEHOLDER)


def _refused(evidence: Evidence, pattern: str) -> int:
    """Count the fields that came under such a name and were dropped."""
    counted: Counter[str] = Counter()
    for row in evidence.ask("select source, fields_dropped from intakes where fields_dropped is not null"):
        counted.update(row["fields_dropped"])
    return sum(times for name, times in counted.items() if fnmatchcase(name.lower().replace("-", "_"), pattern))


def _end(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
