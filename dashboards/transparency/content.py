"""The report's sections in their order (R52): results first, then what is collected, why, for how long, and who may read it."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from dashboards.parts.markup import count_of, day_text, time_text
from dashboards.transparency.blocks import Grid, Section, Sentence
from dashboards.transparency.facts import Facts
from policy.model import Retention

PARTS: Final = {
    "introduction": "Introduction",
    "collection": "Part I, collection",
    "use": "Part II, use",
    "access": "Part III, access",
    "problems": "Part IV, problems",
    "security": "Part V, security",
    "implied": "Implied by the system",
}
RESULTS: Final = ("holds", "does not hold", "not applicable", "not built")


def sections(facts: Facts) -> Iterator[Section]:
    """Give every section."""
    yield _open_findings(facts)
    yield _results(facts)
    yield _purposes(facts)
    yield _collected(facts)
    yield _stored(facts)
    yield _retention(facts)
    yield _recipients(facts)
    yield _keys(facts)
    yield _geography(facts)
    yield _rules(facts)
    yield _questions(facts)


def counted(facts: Facts) -> dict[str, int]:
    """Count the clauses by result, in a fixed order."""
    found = Counter(clause.result for clause in facts.clauses)
    return {result: found[result] for result in RESULTS}


def _open_findings(facts: Facts) -> Section:
    failing = [clause for clause in facts.clauses if clause.result == "does not hold"]
    rows = [(f"{clause.id} {clause.title}", clause.evidence, "now") for clause in failing]
    rows += [(one.kind, one.detail, time_text(one.at) if one.at else "now") for one in facts.findings]
    if not rows:
        text = "Nothing is open: no check has failed, and no worker and no night has noted trouble."
        return Section("findings", "Open findings", "", (Sentence(text),))
    table = Grid("What is open", ("What", "Finding", "Since"), rows)
    return Section("findings", "Open findings", count_of(len(rows), "finding"), (table,))


def _results(facts: Facts) -> Section:
    asked = Grid(
        "What each clause asks, and how it is checked",
        ("Clause", "Asks", "Check"),
        [(one.id, one.asks, _check_of(facts, one.id)) for one in facts.policy.clauses],
        folded=True,
    )
    if not facts.clauses:
        return Section("clauses", "The promises", "", (Sentence("The checks were not run for this report."), asked))
    grids = [
        Grid(
            f"{title}: {_tally([clause.result for clause in facts.clauses if clause.part == part])}",
            ("Clause", "Result", "Evidence"),
            [
                (f"{clause.id} {clause.title}", clause.result, clause.evidence)
                for clause in facts.clauses
                if clause.part == part
            ],
            folded=True,
            marked=1,
        )
        for part, title in PARTS.items()
    ]
    return Section("clauses", "The promises", _tally([clause.result for clause in facts.clauses]), (*grids, asked))


def _check_of(facts: Facts, clause: str) -> str:
    return next((one.check for one in facts.clauses if one.id == clause and one.check), "no check yet")


def _tally(results: list[str]) -> str:
    found = Counter(results)
    return ", ".join(f"{found[result]} {_named(result, found[result])}" for result in RESULTS if found[result])


def _named(result: str, number: int) -> str:
    """Say a result of one or of several: 1 holds, 40 hold."""
    return {"holds": "hold", "does not hold": "do not hold"}.get(result, result) if number != 1 else result


def _purposes(facts: Facts) -> Section:
    policy = facts.policy
    used: Counter[str] = Counter(
        purpose for table in policy.tables.values() for column in table.columns for purpose in column.purposes
    )
    rows = [
        (name, purpose.why, purpose.clause, _named_roles(facts, name), f"{used[name]:,}")
        for name, purpose in policy.purposes.items()
    ]
    columns = ("Purpose", "Why", "Clause", "Roles that read for it", "Stored columns")
    return Section(
        "purposes", "Purposes", count_of(len(rows), "purpose"), (Grid("Why anything may be read", columns, rows),)
    )


def _named_roles(facts: Facts, purpose: str) -> str:
    """Name the roles that really open a table for a purpose."""
    readers = {
        reader.role for table in facts.policy.tables.values() for reader in table.readers if purpose in reader.purposes
    }
    return ", ".join(role for role in facts.policy.roles if role in readers) or "nobody yet"


def _collected(facts: Facts) -> Section:
    policy = facts.policy
    grids = [
        Grid(
            f"{name}: {count_of(len(source.fields), 'field')}. {source.description}",
            ("Field", "Needed", "Personal", "Purposes", "Clause", "Why"),
            [
                (
                    field.name,
                    "yes" if field.mandatory else "no",
                    "yes" if field.personal else "no",
                    ", ".join(field.purposes),
                    field.clause,
                    field.why,
                )
                for field in source.fields
            ],
            folded=True,
        )
        for name, source in policy.sources.items()
    ]
    refused = Grid(
        f"Refused under whatever source: {count_of(len(policy.refused), 'kind')} of names",
        ("Name", "Clause", "Why"),
        [(rule.pattern, rule.clause, rule.why) for rule in policy.refused],
        folded=True,
    )
    first = Sentence("What may come in, by source. Any other field is dropped unread and counted by its name.")
    return Section("collected", "What comes in", count_of(len(policy.sources), "source"), (first, *grids, refused))


def _stored(facts: Facts) -> Section:
    policy = facts.policy
    grids = [
        Grid(
            f"{name}: {count_of(facts.rows.get(name, 0), 'row')}. {table.question}",
            ("Column", "Encrypted", "Purposes", "Clause", "Why"),
            [
                (column.name, "yes" if column.personal else "no", ", ".join(column.purposes), column.clause, column.why)
                for column in table.columns
            ],
            folded=True,
        )
        for name, table in policy.tables.items()
    ]
    readers = Grid(
        "Who reads which table, for what",
        ("Table", "Kind", "About", "Readers"),
        [
            (
                name,
                table.kind,
                table.about,
                "; ".join(f"{reader.role} for {', '.join(reader.purposes)}" for reader in table.readers) or "nobody",
            )
            for name, table in policy.tables.items()
        ],
        folded=True,
    )
    first = Sentence("What may be stored. A column that the policy does not declare cannot be written.")
    return Section("stored", "What is stored", count_of(len(policy.tables), "table"), (first, readers, *grids))


def _retention(facts: Facts) -> Section:
    policy = facts.policy
    rows = [
        (name, _period(entry), ", ".join(_kept_by(facts, name)) or "registry", entry.why)
        for name, entry in policy.retention.items()
    ]
    rows.append(
        ("raw records", f"{policy.windows.raw_topics_days} days in Kafka", "topics", "Time to mend and replay.")
    )
    table = Grid("How long rows are kept", ("What", "Kept", "Where", "Why"), rows)
    return Section("retention", "How long it is kept", "", (table,))


def _period(entry: Retention) -> str:
    if entry.kept_with is not None:
        return f"as long as {entry.kept_with}"
    span = count_of(entry.days, "day") if entry.days is not None else count_of(entry.months or 0, "month")
    return f"{span} from {entry.counted_from}"


def _kept_by(facts: Facts, retention: str) -> list[str]:
    return [name for name, table in facts.policy.tables.items() if table.retention == retention]


def _recipients(facts: Facts) -> Section:
    given = {one.recipient: one for one in facts.disclosures}
    rows = []
    for name, recipient in facts.policy.recipients.items():
        one = given.get(name)
        said = (
            f"{count_of(one.number, 'time')}, {count_of(one.rows, 'row')}, last {day_text(one.last.date())}"
            if one
            else "never"
        )
        agreement = "under an agreement" if recipient.needs_agreement else ""
        rows.append((name, recipient.why, ", ".join(recipient.purposes), agreement, said))
    table = Grid("Who may be given an export, and was", ("Recipient", "Who", "Purposes", "Only", "Handed out"), rows)
    messages = Grid(
        "Messages that people can refuse",
        ("Message", "To", "Clause", "What"),
        [(name, ", ".join(one.audiences), one.clause, one.why) for name, one in facts.policy.communications.items()],
        folded=True,
    )
    ledger = f" The last has the hash {facts.ledger_hash}." if facts.ledger_hash else ""
    last = Sentence(
        f"Each export is an entry of a chained ledger; each reading one of the audit, which has {count_of(facts.accesses, 'entry', 'entries')}."
        + ledger
    )
    return Section("recipients", "Who is given what", "", (table, last, messages))


def _keys(facts: Facts) -> Section:
    rows = [(key.name, key.generation, key.made, key.state, key.destroyed) for key in facts.keys]
    table = Grid("Keys, never their bytes", ("Key", "Generation", "Made", "State", "Destroyed"), rows)
    return Section("keys", "Keys", count_of(len(rows), "line"), (table,))


def _geography(facts: Facts) -> Section:
    places = facts.geography
    first = Sentence(
        f"Places come from {places.name}, built on {day_text(places.built)}, by {places.level}; a city is never kept. "
        + (f"{', '.join(filter(None, (places.attribution, places.licence)))}." if places.attribution else "")
    )
    return Section("geography", "Where places come from", "", (first, *(Sentence(text) for text in places.fidelity)))


def _rules(facts: Facts) -> Section:
    policy, windows = facts.policy, facts.policy.windows
    rows = [
        ("Smallest published group", f"{policy.k} visitors of a day", "R7"),
        ("Late events", f"up to {windows.late_h} hours", "R55"),
        ("Keys of days live on for", f"{windows.late_h} hours", "R5"),
        ("Youngest registered person", f"{policy.limits.age_min_years} years", "R10"),
        ("Answer to a dispute", count_of(policy.limits.dispute_business_days, "business day"), "R46"),
        *((f"Setting {name}", value, "") for name, value in facts.settings.items()),
    ]
    table = Grid("Limits of the policy, and settings that matter to it", ("What", "Value", "Clause"), rows, folded=True)
    return Section("limits", "Limits and settings", "", (table,))


def _questions(facts: Facts) -> Section:
    policy = facts.policy
    text = f"Questions about privacy or security: {policy.contact}. The promises paraphrase: {policy.text}."
    return Section("contact", "Questions", "", (Sentence(text),))
