"""`footfall attack`: try to learn from what is published what must not be told."""

from collections import Counter
from typing import Annotated, Any

import typer

from footfall.house import House
from footfall.settings import Settings
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, print_table, working
from policy import load_policy
from policy.errors import FootfallError, UsageError


def command(
    worlds: Annotated[
        int, typer.Option("--worlds", metavar="N", min=1, help="How many random worlds to attack, without --data.")
    ] = 100,
    seed: Annotated[int, typer.Option(help="The chance that makes the worlds.")] = 1,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Attack the releases and the interactive answers, and say what is learned about cells of fewer than k visitors.

    The attacker knows the policy, the merging rule, each side (casual visitors, customers) of every release by itself, all interactive
    tables, which names there are, and up to three visitors of the very cell it asks about. It reads rows, subtracts,
    links tables, compares each night with the one before, and solves linear and integer programs (HiGHS). Something is learned when a cell's exact visitors or views follow, or that a cell which
    is not empty has fewer than k/2 visitors, or that a row changed by fewer than k visitors between two nights.

    Without --data it makes random worlds and publishes their months by the real models; with --data it attacks that
    warehouse as it stands, and compares with its rows (as role batch; audited), which takes a minute or more for each day of
    a site with many pages. Exit code 1 when something is learned.

    Needs the solver HiGHS: install footfall[attack].

    Examples:


      footfall attack --worlds 20 --seed 7

      footfall attack --data data/demo --json
    """
    from warehouse.attack.known.program import solver  # noqa: PLC0415
    from warehouse.attack.month import together  # noqa: PLC0415 - needs DuckDB, as few verbs do
    from warehouse.attack.simulated import attack_worlds  # noqa: PLC0415

    solver()
    if data is not None:
        with House.open(data, config) as house:
            findings = attack_house(house)
        what = str(data)
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
        print_json(_document(findings))
    else:
        _print(what, findings)
    if findings.learned:
        raise FootfallError(f"{count(len(findings.learned), 'thing')} learned about cells that must not be told (R7)")


BATCH = 20
"""How many worlds are published at once: enough that starting the engine does not matter, few enough for a small memory."""


def attack_house(house: House) -> Any:
    """Attack a warehouse as it stands: its releases and its interactive answers, compared with its rows."""
    from footfall.commands.traffic import given_of  # noqa: PLC0415
    from footfall.house import account, now  # noqa: PLC0415
    from warehouse.asking import Asker  # noqa: PLC0415
    from warehouse.attack.standing import attack_standing  # noqa: PLC0415

    asker = Asker(account(), "batch", "operations", house.policy, house.registry, now)
    return attack_standing(house.lake, given_of(house), house.keyring.inexact_days(), asker)


def _document(findings: Any) -> dict[str, Any]:
    return {
        "cells": findings.cells,
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


def _print(what: str, findings: Any) -> None:
    cells = sum(findings.cells.values())
    learned = Counter((claim.method, claim.what) for claim in findings.learned)
    rows = [("cells below k that were asked about", f"{cells:,}")]
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
