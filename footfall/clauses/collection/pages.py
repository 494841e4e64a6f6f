"""Pages, dates and times, and what is taken out of them."""

from typing import Final

import pyarrow as pa

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable, of
from footfall.clauses.instruments.detectors import PEOPLE, found_in, with_placeholders
from transform.urls import scrub_targets
from transform.urls.personal import holds_address, scrub_text

FACT: Final = ("path", "event_time", "utc_offset_min", "event_date", "country", "region")
"""What the text itself lists: the page, the date and time, and rough geography."""
OTHER: Final = frozenset({"other", "(other)"})
"""What releases call merged groups, and a host that calls itself so."""
VALUES_MAX: Final = 200_000
HOST_LETTERS: Final = set("abcdefghijklmnopqrstuvwxyz0123456789.-_")


def columns_have_reasons(evidence: Evidence) -> Finding:
    """R12: the anonymous fact has page, time and rough place; each further column is declared with its reason, none personal."""
    declared = {column.name: column for column in evidence.house.policy.table("hits").columns}
    files = [(file, schema) for file, (name, schema) in evidence.schemas().items() if name == "hits"]
    if not files:
        return not_applicable("no request or event has come in yet")
    defects = []
    for file, schema in files:
        stored = {*schema.names, *(["event_date"] if "event_date=" in file.parent.name else [])}
        defects += [f"hits have no {name} in {evidence.shown(file)}" for name in FACT if name not in stored]
        defects += [f"hits have the column {name}, for which no reason is declared" for name in stored - set(declared)]
    defects += [f"hits.{column.name} is personal" for column in declared.values() if column.personal]
    defects += [f"hits.{column.name} has no reason" for column in declared.values() if not column.why.strip()]
    span = evidence.ask(
        "select count(*) as hits, count(distinct event_date) as days, min(utc_offset_min) as least, max(utc_offset_min) as most, "
        "count(*) filter (where cast(event_time as date) <> event_date) as misplaced from hits"
    )[0]
    if span["misplaced"]:
        defects.append(f"{span['misplaced']} hits stand on another day than their time")
    return judged(
        f"{span['hits']:,} hits of {span['days']} days in {len(files)} files; {len(FACT)} columns of page, time and place, and "
        f"{len(declared) - len(FACT)} more, each with a reason in the policy",
        defects,
    )


def pages_name_nobody(evidence: Evidence) -> Finding:
    """R13: paths, queries and referrers pass the scrubber once more unchanged, and other patterns find nothing in them."""
    allowed = frozenset(evidence.house.settings.urls.keep_parameters)
    defects: list[str] = []
    looked = there = 0
    for texts in evidence.texts():
        if texts.column not in {"path", "query", "referrer_host", "outbound_host", "category"}:
            continue
        values = [text for text in texts.values[:: max(1, len(texts.values) // VALUES_MAX)] if text not in OTHER]
        looked, there = looked + len(values), there + len(set(texts.values) - OTHER)
        place = f"{texts.table}.{texts.column}"
        changed = _changed(texts.column, values, allowed)
        if changed:
            defects.append(f"{changed} values of {place} would be scrubbed today")
        named = {one for value in values for one in found_in(value, PEOPLE)}
        defects += [f"{place} has {one}" for one in sorted(named)]
    if not there:
        return not_applicable("no page has come in yet")
    return judged(
        f"{of(looked, there, 'distinct paths, queries and hosts')}: the scrubber changes none, and {len(PEOPLE)} other patterns "
        f"(mail, addresses, cards, tokens, ids) find none; parameters kept: {', '.join(sorted(allowed))}",
        defects,
    )


def _changed(column: str, values: list[str], allowed: frozenset[str]) -> int:
    """Count the values that the pipeline would not leave as they are."""
    if column == "path":
        paths, _ = scrub_targets(pa.array(values, pa.string()), allowed)
        return sum(after != before for after, before in zip(paths.to_pylist(), values, strict=True))
    if column == "query":
        targets = pa.array([f"/?{value}" for value in values], pa.string())
        _, queries = scrub_targets(targets, allowed)
        return sum(after != before for after, before in zip(queries.to_pylist(), values, strict=True))
    if column == "category":
        return sum(scrub_text(value) != value for value in values)
    return sum(not _is_host(value) for value in values)


def _is_host(text: str) -> bool:
    """Tell whether a text is a host's name and nothing more, with placeholders for what was taken out of it."""
    text = with_placeholders(text, "x")
    return text in OTHER or (HOST_LETTERS.issuperset(text) and not holds_address(text))
