"""`footfall policy`: what the policy promises, whether it holds on this warehouse, and the report for everybody."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from footfall.house import DEFAULT_DATA, House
from footfall.terminal import (
    ConfigOption,
    DataOption,
    JsonOption,
    count,
    err,
    megabytes,
    out,
    print_json,
    print_table,
    say,
    show_table,
    working,
)
from policy import Policy
from policy.errors import FootfallError, UsageError
from policy.model import Clause, Column, Field

if TYPE_CHECKING:
    from footfall.canaries import CanaryReport
    from footfall.clauses import Checked

app: Final = typer.Typer(
    no_args_is_help=True, help="What is promised, whether it holds here, and the report for everybody."
)
STYLES: Final = {"holds": "green", "does not hold": "bold red", "not applicable": "dim", "not built": "yellow"}
CANARY_SEED: Final = 7
HITS_SHOWN: Final = 20


@app.command("show", short_help="What the policy promises, clause by clause.")
def show(
    clause: Annotated[
        str, typer.Argument(metavar="CLAUSE", help="A clause such as R13; without one, all of them.")
    ] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show the policy in force: its clauses, or one clause with the purposes, fields and columns that rest on it.

    Examples:


      footfall policy show

      footfall policy show R13

      footfall policy show --json
    """
    policy = _policy_of(data, config)
    if clause:
        found = next((one for one in policy.clauses if one.id == clause.upper()), None)
        if found is None:
            raise UsageError(
                f"the policy {policy.version} has no such clause; it has {policy.clauses[0].id} to {policy.clauses[-1].id}"
            )
        _show_clause(policy, found, json=json)
        return
    if json:
        print_json(
            {**_head(policy), "clauses": policy.clauses, "purposes": policy.purposes, "retention": policy.retention}
        )
        return
    out.print(
        f"[bold]{policy.name} {policy.version}[/bold] of {policy.dated}: {policy.text}. Contact: {policy.contact}",
        soft_wrap=True,
    )
    for part in dict.fromkeys(one.part for one in policy.clauses):
        print_table(
            f"\n{part.capitalize()}",
            [(one.id, f"{one.title}. {one.asks}") for one in policy.clauses if one.part == part],
        )
    print_table("\nPurposes", [(name, f"{one.why} ({one.clause})") for name, one in policy.purposes.items()])


@app.command("check", short_help="Whether each clause holds here, by which evidence.")
def check(
    canaries: Annotated[
        bool,
        typer.Option(
            "--canaries", help="Also plant secrets in a scratch warehouse, run the whole way, and look for them."
        ),
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Check each clause of the policy on this warehouse, now, and say by which evidence.

    Looks at what is stored: tables, files and their footers, registry, keys, settings. Each clause holds, does not hold, is not
    applicable here, or is not built yet; one that does not hold ends this with exit code 1. What the check asks goes through the
    door and stands in the audit. Of large tables a part is looked at, and the evidence says how much.

    With --canaries secrets of all kinds are planted in every field of every source of a scratch warehouse, with a broker of its
    own, and every byte that was written is searched for them; that takes about a minute.

    Examples:


      footfall policy check

      footfall policy check --canaries --json
    """
    from footfall.clauses import Evidence, check_clauses  # noqa: PLC0415 - a worker needs none of it
    from footfall.clauses.instruments.sockets import watched  # noqa: PLC0415

    with House.open(data, config) as house, Evidence(house) as evidence, working("Checking") as bar, watched():
        checked = list(check_clauses(evidence, bar))
    found = _canaries() if canaries else None
    if json:
        print_json(
            {
                **_head(house.policy),
                "clauses": checked,
                "results": _tally(checked),
                "canaries": _canary_document(found),
            }
        )
    else:
        _print_checked(house, checked)
        if found is not None:
            _print_canaries(found)
    broken = [one.id for one in checked if one.result == "does not hold"]
    hits = len(found.hits) if found is not None else 0
    if broken or hits:
        told = [f"{', '.join(broken)} {'does' if len(broken) == 1 else 'do'} not hold"] if broken else []
        told += [f"{count(hits, 'planted secret')} found again"] if hits else []
        raise FootfallError(f"{' and '.join(told)}; the evidence stands above")


@app.command("report", short_help="The transparency report, as HTML or Markdown.")
def report(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The report to write: .html or .md.")],
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write the transparency report: what is collected, why, for how long, who may read it, and whether each promise holds.

    Purposes, fields, tables, retention, recipients, keys (never their bytes), where places come from and how true they are, open
    findings and the results of `footfall policy check`. It shows rules and counts and no rows, so it can be published. As HTML it
    is one page that needs no server and no network.

    Examples:


      footfall policy report -o transparency.html

      footfall policy report -o transparency.md
    """
    from dashboards.transparency import check_ending, write_report  # noqa: PLC0415 - a worker needs none of it
    from footfall.clauses import Evidence, check_clauses  # noqa: PLC0415
    from footfall.clauses.instruments.sockets import watched  # noqa: PLC0415
    from footfall.clauses.transparency import transparency  # noqa: PLC0415

    check_ending(output)
    with House.open(data, config) as house, Evidence(house) as evidence:
        with working("Checking") as bar, watched():
            checked = list(check_clauses(evidence, bar))
        size_bytes = write_report(transparency(evidence, checked, reckon_fidelity=True), output)
    tally = _tally(checked)
    if json:
        print_json({"out": str(output), "size_bytes": size_bytes, "results": tally})
        return
    told = _results({result: number for result, number in tally.items() if number})
    out.print(f"{output}: {told}, {megabytes(size_bytes)}", markup=False, soft_wrap=True)


def _policy_of(data: Path | None, config: Path | None) -> Policy:
    """Give the policy in force; a warehouse is not needed to read it."""
    from footfall.settings import load_settings  # noqa: PLC0415
    from policy import load_policy  # noqa: PLC0415

    folder = (data or Path(os.environ.get("FOOTFALL_DATA") or DEFAULT_DATA)).absolute()
    return load_policy(load_settings(os.environ, config, folder).policy)


def _head(policy: Policy) -> dict[str, Any]:
    return {"policy": policy.name, "policy_version": policy.version, "dated": policy.dated, "contact": policy.contact}


def _show_clause(policy: Policy, clause: Clause, *, json: bool) -> None:
    from footfall.clauses import CHECKS, UNBUILT  # noqa: PLC0415

    does = next((one.does for one in CHECKS if one.clause == clause.id), "")
    lacking = next((f"not built: {one.lacking}" for one in UNBUILT if one.clause == clause.id), "there is none")
    purposes = {name: one.why for name, one in policy.purposes.items() if one.clause == clause.id}
    members = dict(_members(policy, clause.id))
    if json:
        document = {"id": clause.id, "part": clause.part, "title": clause.title, "asks": clause.asks}
        print_json({**document, "check": does, "purposes": purposes, "fields": members})
        return
    rows = [("asks", clause.asks), ("check", does or lacking), *purposes.items(), *members.items()]
    print_table(f"{clause.id}: {clause.title}", rows)


def _members(policy: Policy, clause: str) -> list[tuple[str, str]]:
    """Name the fields and columns that rest on a clause, with their reasons."""
    owners: list[tuple[str, tuple[Field, ...] | tuple[Column, ...]]] = [
        *((name, source.fields) for name, source in policy.sources.items()),
        *((name, table.columns) for name, table in policy.tables.items()),
    ]
    return [(f"{name}.{one.name}", one.why) for name, members in owners for one in members if one.clause == clause]


def _print_checked(house: House, checked: list["Checked"]) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in checked:
        evidence = Text(f"{one.title}. ", style="bold") + Text(one.evidence, style="not bold")
        table.add_row(one.id, Text(one.result, style=STYLES[one.result]), evidence)
    show_table(table)
    out.print(f"\n{house.data}, policy {house.policy.version}", markup=False, soft_wrap=True)
    say(_results(_tally(checked)))


def _results(tally: dict[str, int]) -> str:
    """Write how many clauses hold, and so on: `1 holds, 2 do not hold, 18 not built`."""
    many = {"holds": "hold", "does not hold": "do not hold"}
    told = [f"{number} {result if number == 1 else many.get(result, result)}" for result, number in tally.items()]
    return ", ".join(told)


def _tally(checked: list["Checked"]) -> dict[str, int]:
    return {result: sum(one.result == result for one in checked) for result in STYLES}


def _canaries() -> "CanaryReport":
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    from footfall.canaries import run_canaries  # noqa: PLC0415

    if err.is_terminal:
        err.print(
            "Planting secrets in a scratch warehouse and looking for them; that takes about a minute", style="dim"
        )
    with TemporaryDirectory(prefix="footfall-canaries-") as scratch:
        return run_canaries(Path(scratch), CANARY_SEED)


def _canary_document(found: "CanaryReport | None") -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "planted": found.planted,
        "kinds_of_place": found.kinds_of_place,
        "kinds_of_secret": found.kinds_of_secret,
        "bytes_scanned": found.bytes_scanned,
        "hits": found.hits,
    }


def _print_canaries(found: "CanaryReport") -> None:
    out.print(
        f"canaries: {count(found.planted, 'secret')} of {found.kinds_of_secret} kinds planted in {found.kinds_of_place} kinds of "
        f"place; {count(len(found.hits), 'hit')} in {megabytes(found.bytes_scanned)}",
        markup=False,
        soft_wrap=True,
    )
    if found.hits:
        where = Counter((hit.store, f"{hit.secret} planted in {hit.place}, sent by {hit.sender}") for hit in found.hits)
        rows = [(store, f"{what}: {count(hits, 'hit')}") for (store, what), hits in where.most_common(HITS_SHOWN)]
        more = [("", f"and {len(where) - HITS_SHOWN} more such lines; --json has every hit")]
        print_table("Found again", rows + (more if len(where) > HITS_SHOWN else []))
