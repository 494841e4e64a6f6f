"""`footfall keys`: which keys there are, new ones in their place, and their end."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from getpass import getpass
from itertools import groupby
from typing import Annotated, Final

import typer

from footfall.house import MASTER_FILE, House, account, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, print_table
from policy.errors import FootfallError, UsageError
from warehouse.keyring import EXPORT, KeyRecord, MasterKey
from warehouse.keys.master_file import rotate_master_file

PRESENT: Final = "FOOTFALL_MASTER_KEY"
NEW: Final = "FOOTFALL_MASTER_KEY_NEW"

app = typer.Typer(
    help="The keys of a warehouse: which there are, new ones in their place, and their end.\n\n"
    "Every key but one lies in the registry, wrapped by the master key, which lies outside of it. Start with `footfall keys status`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command("status", short_help="Which keys there are; never a key.")
def status_command(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show which keys there are, when they were made, and when they were destroyed; never a key.

    Keys of files have a month and a generation: a later generation is for new files, earlier ones still open theirs. Keys of
    days number visitors and are destroyed two days after. Other keys never change. With --json: `master` (where it is from,
    `rotated_at`) and `keys` (`purpose`, `period`, `generation`, `created_at`, `destroyed_at`).

    Examples:


      footfall keys status

      footfall keys status --json
    """
    with House.open(data, config) as house:
        records = house.keyring.status()
        source = PRESENT if house.environment.get(PRESENT) else str(MASTER_FILE)
    rotations = [record for record in records if record.is_master]
    keys = [record for record in records if not record.is_master]
    rotated_at = rotations[-1].created_at if rotations else None
    if json:
        print_json({"master": {"from": source, "rotated_at": rotated_at}, "keys": keys})
        return
    master = f"from {source}, " + (f"rotated {_moment(rotated_at)}" if rotated_at else "never rotated")
    print_table(f"Keys of {house.data}", [("master", master), *_lines(keys)])


@app.command("rotate", short_help="A new master key, or new keys for new files.")
def rotate_command(
    files: Annotated[
        bool, typer.Option("--files", help="Leave the master; begin new keys for new files of this month.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Put a new master key in the place of the present one; no data is written again, and nothing becomes unreadable.

    The master key lies in the file keys/master.key of the data folder. When it comes from the variable FOOTFALL_MASTER_KEY
    instead, give the new one in FOOTFALL_MASTER_KEY_NEW and set the first to it afterwards. A rotation that is killed at any
    moment is finished or forgotten by the next verb. Programs that are running keep what they have open, and ask to be
    started again as soon as they need another key. Copies of the registry from before still open with the old master key.

    With --files the master stays: this month's new files get new keys (a running worker uses them within a minute), and files
    that are there stay readable by theirs.

    Examples:


      footfall keys rotate

      FOOTFALL_MASTER_KEY_NEW=$(openssl rand -hex 32) footfall keys rotate

      footfall keys rotate --files
    """
    with House.open(data, config) as house:
        if files:
            _tell_generations(_begin_generations(house, f"{now():%Y-%m}"), json=json)
            return
        text = house.environment.get(NEW)
        from_environment = bool(house.environment.get(PRESENT))
        if from_environment and not text:
            raise UsageError(
                f"the master key comes from {PRESENT}; give the new one in {NEW} (`openssl rand -hex 32` makes one)"
            )
        if text and not from_environment:
            raise UsageError(
                f"the master key lies in {house.data / MASTER_FILE} and a new one is made there; take {NEW} away"
            )
        wrapped = (
            house.keyring.rotate_master(MasterKey.from_text(text))
            if text
            else rotate_master_file(house.data / MASTER_FILE, house.keyring)
        )
    if json:
        print_json({"keys_wrapped": wrapped, "master": {"from": PRESENT if text else str(MASTER_FILE)}})
        return
    what = f"a new master key is in force; {count(wrapped, 'key')} wrapped again"
    then = (
        f"Now set {PRESENT} to the new key, everywhere, and take {NEW} away."
        if text
        else "Copy the file anew to where you keep copies of it."
    )
    out.print(f"{what}. {then}", markup=False, soft_wrap=True)


@app.command(
    "destroy", short_help="The end of a month's or a person's key.", context_settings={"allow_extra_args": True}
)
def destroy_command(
    context: typer.Context,
    period: Annotated[str | None, typer.Option(metavar="MONTH", help="The month of the key, such as 2026-09.")] = None,
    purpose: Annotated[
        str | None, typer.Option(metavar="PURPOSE", help="The purpose of the key, as `footfall keys status` shows it.")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="CUSTOMER_ID", help="One registered person's key instead; - reads the id from standard input."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where no terminal is.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Destroy a key, for ever: what it encrypted can never be read again, by anybody, from any copy of the files.

    With --period and --purpose all generations of that month's key go, and all rows under it leave the tables: events, orders
    and daily figures of that month. Questions and nights go on without them, and say so; published statistics stay as they
    were; profiles are made anew from what is left. Rows of that month that come later get a new key.

    With --subject the key of one person goes: nobody can open their form any more, no mart shows them from now on, and the next
    night erases their rows. A shell keeps what is typed: --subject - asks for the id, and shows it nowhere.

    That it is gone is proved: no row, no byte of the registry's files, and no file opens. The audit has an entry. Copies of the
    registry from before still have the key: destroy those too. In PostgreSQL the tables of keys are written anew at once; its own
    log of changes keeps the old bytes for as long as its owner lets it. A running worker forgets it within a minute. Killed in the
    middle, the same command finishes it.

    Examples:


      footfall keys destroy --period 2026-09 --purpose profile

      footfall keys destroy --subject - --yes < customer-id.txt
    """
    if context.args:  # typer's own error would show a word that may be somebody's id
        raise UsageError("a word stands alone; name one key by --period and --purpose, or by --subject")
    if (subject is None) == (period is None and purpose is None) or (period is None) != (purpose is None):
        raise UsageError("name one key: by --period and --purpose, or by --subject")
    with House.open(data, config) as house:
        if subject is not None:
            _destroy_subject(house, subject, yes=yes, json=json)
        elif period is not None and purpose is not None:
            _destroy_month(house, purpose, period, yes=yes, json=json)


def _destroy_month(house: House, purpose: str, month: str, *, yes: bool, json: bool) -> None:
    from warehouse.destroying import destroy_month, locked_by  # noqa: PLC0415 - the other verbs need no engine

    house.keyring.check_known(purpose, month)
    locked = locked_by(house.lake, purpose, month)
    what = ", ".join(f"{count(one.rows, 'row')} of {name}" for name, one in locked.items()) or "no row"
    _confirm(f"The key {purpose}/{month} will be destroyed. {what} can never be read again. Destroy it?", yes=yes)
    outcome = destroy_month(house.lake, house.registry, house.keyring, purpose, month, who=account(), now=now)
    keys = outcome.keys
    if json:
        print_json({"keys_destroyed": keys.keys, "destroyed_before": keys.before, "rows": outcome.rows})
        return
    named = ", ".join(keys.keys) or f"{purpose}/{month} (before)"
    gone = ", ".join(f"{count(rows, 'row')} of {name}" for name, rows in outcome.rows.items()) or "no row"
    out.print(
        f"destroyed: {named}; {gone} let go. `footfall nightly` makes profiles anew.", markup=False, soft_wrap=True
    )


def _destroy_subject(house: House, customer_id: str, *, yes: bool, json: bool) -> None:
    from warehouse.destroying import destroy_subject  # noqa: PLC0415 - the other verbs need no engine

    if customer_id == "-":
        is_typed = sys.stdin.isatty()
        customer_id = getpass("Customer id (not shown): ") if is_typed else sys.stdin.readline().rstrip("\r\n")
    _confirm("One person's key will be destroyed; what is known of them can never be read again. Destroy it?", yes=yes)
    destroy_subject(house.registry, house.subjects, customer_id, who=account(), now=now())
    if json:
        print_json({"subjects_destroyed": 1})
        return
    out.print("destroyed: the key of one subject. `footfall nightly` erases their rows.", markup=False, soft_wrap=True)


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("what is destroyed never comes back; say --yes where no terminal can ask")
    if not typer.confirm(question):
        raise FootfallError("nothing was destroyed")


def _begin_generations(house: House, month: str) -> list[str]:
    """Begin a new key for each purpose that has files of the month; give their ids."""
    # Each export has a key of its own already.
    records = [record for record in house.keyring.status() if record.purpose != EXPORT]
    purposes = sorted({record.purpose for record in records if record.period == month})
    return [house.keyring.new_generation(purpose, month) for purpose in purposes]


def _tell_generations(key_ids: list[str], *, json: bool) -> None:
    if json:
        print_json({"keys_begun": key_ids})
    elif key_ids:
        out.print(f"new keys for new files: {', '.join(key_ids)}", markup=False, soft_wrap=True)
    else:
        out.print("no file of this month has a key yet, so there is none to follow", markup=False)


def _lines(keys: list[KeyRecord]) -> Iterator[tuple[str, str]]:
    """Write one line a key, but one for all days."""
    for purpose, records in groupby(keys, lambda record: record.purpose):
        group = list(records)
        if group[0].is_day:
            held = [record.period for record in group if record.destroyed_at is None]
            until = f" ({held[0]} to {held[-1]})" if held else ""
            yield purpose, f"{count(len(held), 'day')} in use{until}, {len(group) - len(held):,} destroyed"
            continue
        for record in group:
            name = f"{purpose} {record.period}" if record.period else purpose
            state = "in use" if record.destroyed_at is None else f"destroyed {_moment(record.destroyed_at)}"
            generation = f"generation {record.generation}, " if record.period else ""
            yield name, f"{generation}made {_moment(record.created_at)}, {state}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
