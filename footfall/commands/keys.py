"""`footfall keys`: which keys there are, and new ones in their place."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated, Final

import typer

from footfall.house import MASTER_FILE, House, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, print_table
from policy.errors import UsageError
from warehouse.keyring import KeyRecord, MasterKey
from warehouse.keys.master_file import rotate_master_file

PRESENT: Final = "FOOTFALL_MASTER_KEY"
NEW: Final = "FOOTFALL_MASTER_KEY_NEW"

app = typer.Typer(
    help="The keys of a warehouse: which there are, and new ones in their place.\n\n"
    "Every key but one lies in the registry, wrapped by the master key, which lies outside of it. Start with `footfall keys status`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command("status")
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


@app.command("rotate")
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


def _begin_generations(house: House, month: str) -> list[str]:
    """Begin a new key for each purpose that has files of the month; give their ids."""
    purposes = sorted({record.purpose for record in house.keyring.status() if record.period == month})
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
