"""`footfall status`: where every line went, and what the tables hold."""

from collections import Counter, defaultdict
from typing import Any

from footfall.commands.answers.sql import as_objects
from footfall.house import House
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, megabytes, print_json, print_table

INTAKES = """
select intake, source, file, site, topic, partition, offset_from, offset_next, position_from, position_next,
    lines_in, kept, dropped, dead_letters, stored, fields_dropped, taken_at
from intakes
order by taken_at, intake, file
"""


def command(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the accounting of all lines, the tables, and what was found.

    Every line that came in is kept, dropped for a stated reason, or a dead letter; the three add up to what came in, for
    every file and every Kafka partition. With --json: `intakes`, `totals` (lines_in, kept, dropped, dead_letters),
    `files`, `tables` and `findings`.

    Examples:


      footfall status

      footfall status --json
    """
    with House.open(data, config) as house:
        state = status(house)
    if json:
        print_json(state)
        return
    totals = state["totals"]
    dropped, dead = sum(totals["dropped"].values()), sum(totals["dead_letters"].values())
    rows = [
        ("lines in", f"{totals['lines_in']:,} = {totals['kept']:,} kept + {dropped:,} dropped + {dead:,} dead letters"),
        *_by_reason("dropped", totals["dropped"]),
        *_by_reason("dead letters", totals["dead_letters"]),
        *(
            (name, f"{count(table['rows'], 'row')} in {count(table['files'], 'file')}, {megabytes(table['bytes'])}")
            for name, table in state["tables"].items()
            if table["rows"]
        ),
        *(
            ("found", finding["detail"] + (f" ({finding['site']})" if finding["site"] else ""))
            for finding in state["findings"]
        ),
    ]
    print_table(f"{house.data}, policy {house.policy.version}", rows)


def _by_reason(way: str, reasons: dict[str, int]) -> list[tuple[str, str]]:
    """List all reasons, the commonest first, below their sum; nothing where there are none."""
    ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    below = [(f"  {reason}", f"{number:,}") for reason, number in ordered]
    return [(way, f"{sum(reasons.values()):,}"), *below] if below else []


def status(house: House) -> dict[str, Any]:
    """Give the state of a warehouse as one document."""
    with house.ask("batch", "operations") as session:
        intakes = as_objects(session.query(INTAKES))
    files: defaultdict[tuple[str | None, str], list[dict[str, Any]]] = defaultdict(list)
    for row in intakes:
        files[row["file"], row["site"]].append(row)
    return {
        "data": str(house.data),
        "policy_version": house.policy.version,
        "intakes": intakes,
        "totals": _totals(intakes),
        "files": [{"file": file, "site": site, **_totals(rows)} for (file, site), rows in files.items()],
        "tables": house.lake.sizes(),
        "findings": [
            {"kind": found.kind, "site": found.site, "detail": found.detail, "at": found.at}
            for found in house.registry.findings()
            if found.detail
        ],
    }


def _totals(intakes: list[dict[str, Any]]) -> dict[str, Any]:
    dropped: Counter[str] = Counter()
    dead: Counter[str] = Counter()
    for row in intakes:
        dropped.update(row["dropped"])
        dead.update(row["dead_letters"])
    return {
        "lines_in": sum(row["lines_in"] for row in intakes),
        "kept": sum(row["kept"] for row in intakes),
        "dropped": dict(sorted(dropped.items())),
        "dead_letters": {reason: number for reason, number in sorted(dead.items()) if number},
    }
