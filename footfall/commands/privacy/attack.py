"""`footfall attack`: try to learn from what is published what must not be told."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from footfall.house import House
from footfall.settings import Settings
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, print_table, working
from policy import load_policy
from policy.errors import FootfallError, UsageError

if TYPE_CHECKING:
    from warehouse.attack.month import Findings
    from warehouse.attack.standing import Standing


def command(
    worlds: Annotated[
        int, typer.Option("--worlds", metavar="N", min=1, help="How many random worlds to attack, without --data.")
    ] = 100,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="The chance that makes the worlds.")] = 1,
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, help="How many of the newest days to attack, with --data.")
    ] = 31,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Attack the releases and the interactive answers, and say what is learned about cells of fewer than k visitors.

    The attacker knows the policy, the merging rule, each side (casual visitors, customers) of every release by itself, all
    interactive tables, which names there are, and up to three visitors of the very cell it asks about. It reads rows,
    subtracts, links tables (regions within countries), compares each night with the one before, and solves linear and integer
    programs (HiGHS). Something is learned when a cell's exact visitors or views follow, or that a cell which is not empty has
    fewer than k/2 visitors, or that a row changed by fewer than k visitors between two nights.

    Without --data it makes random worlds and publishes their months by the real models; with --data it attacks that
    warehouse as it stands, and compares with its rows (as role batch; audited): some seconds for each day of a site with
    many pages. What was not tried is said: of each table the smallest 200 cells are asked about; a table of more than 20,000
    cells is left out, and so are two that could be linked which have more than 250 together. Exit code 1 when something is
    learned.

    Needs the solver HiGHS: install footfall[attack].

    Examples:


      footfall attack --worlds 20 --seed 7

      footfall attack --data data/demo --json
    """
    from warehouse.attack.known.program import solver  # noqa: PLC0415
    from warehouse.attack.month import together  # noqa: PLC0415 - needs DuckDB, as few verbs do
    from warehouse.attack.simulated import attack_worlds  # noqa: PLC0415

    solver()
    tried: dict[str, int] = {}
    if data is not None:
        with House.open(data, config) as house, working("Attacking") as bar:
            standing = attack_house(house, days, bar)
        findings, what = standing.findings, str(data)
        tried = {
            "days": standing.days,
            "days_left": standing.days_left,
            "days_waiting": standing.days_waiting,
            "remade": standing.remade,
        }
    else:
        if config is not None:
            raise UsageError("--config goes with --data; random worlds know no settings")
        policy = load_policy(Settings().policy)
        parts = []
        with working("Attacking") as bar:
            for first in range(0, worlds, BATCH):
                bar(first, worlds)
                parts.append(attack_worlds(policy, range(first, min(first + BATCH, worlds)), seed))
        findings = together(parts)
        what = f"{count(worlds, 'random world')} of seed {seed}"
    if json:
        print_json(_document(findings, tried))
    else:
        _print(what, findings, tried)
    if findings.learned:
        raise FootfallError(f"{count(len(findings.learned), 'thing')} learned about cells that must not be told (R7)")


BATCH = 20
"""How many worlds are published at once: enough that starting the engine does not matter, few enough for a small memory."""


def attack_house(house: House, days: int, progress: Callable[[int, int], None]) -> "Standing":
    """Attack a warehouse as it stands: its releases and its interactive answers, compared with its rows."""
    from footfall.commands.answers.traffic import given_of  # noqa: PLC0415
    from footfall.house import account, now  # noqa: PLC0415
    from warehouse.asking import Asker  # noqa: PLC0415
    from warehouse.attack.standing import attack_standing  # noqa: PLC0415

    asker = Asker(account(), "batch", "operations", house.policy, house.registry, now)
    inexact = frozenset(house.keyring.inexact_days())
    return attack_standing(house.lake, given_of(house), inexact, asker, days_max=days, progress=progress)


def _document(findings: "Findings", tried: dict[str, int]) -> dict[str, Any]:
    return {
        **tried,
        "tables": findings.tables,
        "tables_left": findings.tables_left,
        "cells": findings.cells,
        "cells_left": findings.cells_left,
        "contradictions": findings.contradictions,
        "learned": len(findings.learned),
        "mistaken": len(findings.claims) - len(findings.learned),
        "claims": [
            {
                "method": claim.method,
                "night": claim.place.night,
                "day": claim.place.day,
                "site": claim.place.site,
                "side": claim.place.side,
                "by": [column for column, _ in claim.cell],
                "what": claim.what,
                "is_true": claim.is_true,
            }
            for claim in findings.claims
        ],
    }


def _print(what: str, findings: "Findings", tried: dict[str, int]) -> None:
    rows = [("tables attacked", _of(findings.tables, findings.tables_left, "too large, not tried"))]
    rows += [
        ("cells below k asked about", _of(sum(findings.cells.values()), sum(findings.cells_left.values()), "not asked"))
    ]
    if tried:
        rows.insert(0, ("days attacked", _of(tried["days"], tried["days_left"], "older ones not tried (--days)")))
    if tried and tried["days_waiting"]:
        rows.insert(1, ("days of which only rows were read", f"{tried['days_waiting']:,} that changed or number twice"))
    if tried and tried["remade"]:
        rows.insert(1, ("days of sites not as their rows give", f"{tried['remade']:,}; only their rows were read"))
    learned = Counter((claim.method, claim.what) for claim in findings.learned)
    rows += [(method, f"{claim}: {number:,} learned") for (method, claim), number in sorted(learned.items())]
    rows += [("learned", f"{len(findings.learned):,}" if findings.learned else "nothing")]
    if findings.contradictions:
        rows.append(
            (
                "contradictions",
                f"{findings.contradictions:,} programs had no solution; the attack takes something wrong to be known",
            )
        )
    print_table(f"Attack on {what}", rows)
    if not findings.learned:
        out.print(
            "[dim]Neither exact figures, nor fewer than k/2, nor a small change follows from all that is told.[/dim]"
        )


def _of(done: int, left: int, why: str) -> str:
    return f"{done:,} of {done + left:,}" + (f"; {left:,} {why}" if left else "")
