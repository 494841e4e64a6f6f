"""What reaches the user's computer, and the report that answers questions."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from html import unescape
from importlib import resources
from typing import Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged
from footfall.clauses.transparency import transparency

STORES: Final = re.compile(
    r"\b(localStorage|sessionStorage|indexedDB|document\s*\.\s*cookie|cookieStore|caches\.open|serviceWorker|openDatabase)\b"
)
FETCHES: Final = re.compile(r"""(?i)(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//[^"'>\s]+""")
LINK: Final = re.compile(r"(?i)<a\b[^>]*>")
COOKIE_NAMES: Final = ("*cookie*",)


def pages_store_nothing(evidence: Evidence) -> Finding:
    """R51: pages made here store nothing in a browser and fetch nothing; cookies with credentials in traffic are told."""
    pages = dict(_pages(evidence))
    defects = [f"{name} stores something in the browser" for name, text in pages.items() if STORES.search(text)]
    defects += [
        f"{name} asks another server for something"
        for name, text in pages.items()
        if FETCHES.search(LINK.sub("", text))
    ]
    seen = sum(
        times
        for row in evidence.ask("select source, fields_dropped from intakes where fields_dropped is not null")
        for name, times in row["fields_dropped"].items()
        if any(fnmatchcase(name.lower(), pattern) for pattern in COOKIE_NAMES)
    )
    told = (
        f"{seen:,} fields with cookies came with events and were dropped: a site sends its cookies along"
        if seen
        else ("no field with a cookie has come with an event")
    )
    return judged(
        f"{len(pages)} pages, scripts and templates store nothing in a browser and fetch nothing; {told}", defects
    )


def report_is_complete(evidence: Evidence) -> Finding:
    """R52: the transparency report, made now, has every purpose, field, retention, recipient, key, the contact and the findings."""
    policy = evidence.house.policy
    report = transparency(evidence, ())
    text = unescape(report.html())
    wanted: dict[str, Iterator[str] | list[str]] = {
        "purpose": [purpose.why for purpose in policy.purposes.values()],
        "field": [field.why for source in policy.sources.values() for field in source.fields],
        "column": [column.why for table in policy.tables.values() for column in table.columns],
        "retention": [entry.why for entry in policy.retention.values()],
        "recipient": [recipient.why for recipient in policy.recipients.values()],
        "key": sorted({record.purpose for record in evidence.house.keyring.status()}),
        "contact": [policy.contact],
        "finding": [finding.detail for finding in evidence.house.registry.findings() if finding.detail],
        "clause": [clause.asks for clause in policy.clauses],
    }
    counted, defects = {}, []
    for what, values in wanted.items():
        entries = list(values)
        counted[what] = len(entries)
        if missing := sum(entry not in text for entry in entries):
            defects.append(f"{missing} of {len(entries)} entries of the kind {what} are not in the report")
    told = ", ".join(f"{number} {what}{'s' * (number != 1)}" for what, number in counted.items())
    return judged(f"`footfall policy report`, made now, has {told}", defects)


def _pages(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Read the pages of this warehouse and what all pages are made of."""
    for path in sorted(evidence.house.data.glob("*.html")):
        yield path.name, path.read_text(errors="replace")
    waiting = [resources.files("dashboards")]
    while waiting:
        for item in waiting.pop().iterdir():
            if item.is_dir() and item.name != "__pycache__":
                waiting.append(item)
            elif item.name.endswith((".js", ".html")):
                yield item.name, item.read_text()
