"""`footfall dead-letters`: records that could not be used, and what becomes of them when they are read again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from footfall.commands.pipeline.ingest import SOURCES
from footfall.house import House, now
from footfall.letters.meaning import GONE, reasons
from footfall.letters.reading import Choice, check_source, count, find, standing
from footfall.letters.telling import document, print_counted, print_replayed, print_shown
from footfall.terminal import ConfigOption, DataOption, JsonOption, print_json, reaching, working
from ingest.gathering import gathered_bytes_max
from ingest.replay import Replay, why_gone
from ingest.wire.broker.configuration import Home
from ingest.wire.broker.locks import try_lock
from policy.errors import FootfallError, UsageError

if TYPE_CHECKING:
    from ingest.event_ids import Seen
    from ingest.wire.connection import Connection
    from transform.context import Context

DAY_FORMATS: Final = ["%Y-%m-%d"]
LOCK: Final = "replaying.lock"
IN_KAFKA: Final = "in_kafka"

ReasonOption = Annotated[str | None, typer.Option(metavar="REASON", help="Only those of this reason (default: all).")]
SourceOption = Annotated[str | None, typer.Option(metavar="SOURCE", help="Only those of this source (default: all).")]
SinceOption = Annotated[
    datetime | None,
    typer.Option(formats=DAY_FORMATS, metavar="DAY", help="Only those taken in since this day, in UTC."),
]

app = typer.Typer(
    help="Records that could not be used: count them, look at one, read them again.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command("list", short_help="Counted by reason, source and day; and the newest.")
def list_command(
    reason: ReasonOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Count the dead letters that stand, by reason, source and day, and show the newest.

    A dead letter is a record with a defect: its coordinates, the reason and a shape are kept for 30 days, its content never.
    Those that a replay has settled are not counted any more; they stay in the table dead_letters, and replays says
    what they came out as. With --json: `letters`, `counts` (reason, source, day, letters) and `newest`.

    Examples:


      footfall dead-letters list

      footfall dead-letters list --source clickstream --since 2026-11-20 --json
    """
    with House.open(data, config) as house:
        counted = count(house, _choice(house, reason, source, since))
    if json:
        print_json({"letters": counted.letters, "counts": counted.counts, "newest": counted.newest})
        return
    print_counted(counted)


@app.command("show", short_help="One of them: what its reason means, where it lies.")
def show_command(
    coordinates: Annotated[
        str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET", help="Where it stands, such as web_log/0/1234.")
    ],
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one dead letter: its reason and what that means, its shape, and where the original lies.

    The original is looked for in Kafka (our own broker is started for it), and never shown. It may be gone: Kafka removes raw
    records after 7 days, and a topic that is deleted and made anew begins without them. Where a topic was made anew, its name
    stands for each of that name; its id in the place of the name chooses one. With --json: `letters`, each with its
    coordinates, `reason`, `meaning`, `shape`, `is_settled`, `replays` and `original`.

    Examples:


      footfall dead-letters show web_log/0/1234

      footfall dead-letters show clickstream/2/88 --json
    """
    with House.open(data, config) as house:
        shown = find(house, coordinates)
        with _kafka(house) as connection:
            originals = [why_gone(connection, one.letter) for one in shown]
    if json:
        told = [document(one, IN_KAFKA if why is None else str(why)) for one, why in zip(shown, originals, strict=True)]
        print_json({"letters": told})
        return
    for one, why in zip(shown, originals, strict=True):
        print_shown(one, "in Kafka" if why is None else f"gone: {GONE[why]}")


@app.command("replay", short_help="Read again from Kafka; what passes now is stored.")
def replay_command(
    reason: ReasonOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be, and write nothing.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read dead letters again from Kafka, run them through today's steps, and store what passes now.

    For when a defect was mended: a parser reads more than before, a site or a product was registered. Exactly the records at
    the letters' coordinates are read; they go through the same steps as at first, with the same rules for late events, repeated
    ones and children, and into the same tables. Each is settled once: it becomes a row or is dropped for a reason,
    and `footfall status` counts it so from then on. What is a defect still stays a dead letter. Run again, it changes nothing;
    interrupted at any moment, the next replay finishes it first. Workers may run meanwhile.

    Originals that Kafka no longer has cannot be replayed; they are named by partition and range. With --json: `letters`,
    `read`, `kept`, `dropped`, `still`, `other`, `gone`, `waiting`, `finished`, `is_dry`.

    Examples:


      footfall dead-letters replay --dry-run

      footfall dead-letters replay --reason unknown_site --since 2026-11-20
    """
    with House.open(data, config) as house, _alone(house, is_dry=dry_run):
        choice = _choice(house, reason, source, since)
        with _kafka(house) as connection, working("Replaying") as bar:
            replayed = _replay(house, connection, bar, is_dry=dry_run).run(
                {name: name for name in SOURCES}, lambda: standing(house, choice)
            )
    if json:
        print_json(replayed)
        return
    print_replayed(replayed)


def _replay(house: House, connection: "Connection | None", bar: Any, *, is_dry: bool) -> Replay:
    def context(intake: str, taken_at: datetime, is_seen: "Seen") -> "Context":
        made = house.context(intake, taken_at, is_seen, lambda _: None)
        # Where nothing is stored no number is either, and no key of a day may be made for it.
        return replace(made, day_key=lambda _: bytes(16)) if is_dry else made

    return Replay(
        connection=connection,
        lake=house.lake,
        subjects=house.subjects,
        context=context,
        origins=house.registry.origins,
        site=house.settings.site,
        now=now,
        bytes_max=min(house.settings.ingest.bytes_max, gathered_bytes_max(house.settings.ingest.memory_mib)),
        progress=bar,
        is_dry=is_dry,
    )


def _choice(house: House, reason: str | None, source: str | None, since: datetime | None) -> Choice:
    with house.asker("batch", "operations").well_formed():
        check_source(source)
        if reason is not None and reason not in set(reasons(house.policy)):
            raise UsageError(
                "--reason: there is no such reason; `footfall dead-letters list` names those that there are"
            )
    return Choice(reason, source, since.date() if since else None)


@contextmanager
def _kafka(house: House) -> Iterator["Connection | None"]:
    """Reach Kafka; our own broker only if it has records, for to ask for old ones must make no new folder."""
    if not house.settings.kafka.bootstrap and not Home.of(house.data).records.is_dir():
        yield None
        return
    with reaching(house) as connection:
        yield connection


@contextmanager
def _alone(house: House, *, is_dry: bool) -> Iterator[None]:
    """Let one replay at a time write; of two on different machines the marks refuse one."""
    if is_dry:
        yield
        return
    held = try_lock(house.data / LOCK)
    if held is None:
        raise FootfallError("another replay is running on this warehouse; when it has ended, run this again")
    try:
        yield
    finally:
        os.close(held)
