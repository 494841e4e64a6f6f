"""What is printed of dead letters; never content."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from footfall.letters.meaning import GONE, meaning
from footfall.letters.reading import Counted, Shown
from footfall.terminal import count, out, print_table, say, show_table
from ingest.replay import Letter, Replayed


def document(shown: Shown, original: str) -> dict[str, Any]:
    """Give one letter for machines."""
    return {
        **asdict(shown.letter),
        "meaning": meaning(shown.letter.reason),
        "is_settled": shown.is_settled,
        "replays": shown.replays,
        "original": original,
    }


def print_counted(counted: Counted) -> None:
    """Print how many stand, and the newest."""
    if not counted.letters:
        out.print("no dead letters", markup=False)
        return
    _print_rows(
        ("letters", "reason", "source", "day"),
        [(f"{row['letters']:,}", row["reason"], row["source"], str(row["day"])) for row in counted.counts],
    )
    out.print(f"\nThe newest of {count(counted.letters, 'dead letter')}:", markup=False)
    _print_rows(("at", "reason", "shape"), [(_at(letter), letter.reason, letter.shape) for letter in counted.newest])


def _print_rows(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head:
        table.add_column(Text(name), justify="right" if name == "letters" else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    show_table(table)


def print_shown(shown: Shown, original: str) -> None:
    """Print one letter."""
    letter = shown.letter
    where = [("file", f"{letter.file or 'unknown'} at byte {letter.position:,}")] if letter.position is not None else []
    print_table(
        _at(letter),
        [
            ("topic id", letter.topic_id),
            *where,
            ("source", letter.source),
            ("taken in", f"{letter.taken_at:%Y-%m-%d %H:%M} UTC"),
            ("reason", letter.reason),
            ("", meaning(letter.reason)),
            ("shape", letter.shape),
            *(
                ("replayed", f"{row['taken_at']:%Y-%m-%d %H:%M} UTC: {row['reason']} became {row['outcome']}")
                for row in shown.replays
            ),
            ("state", "settled" if shown.is_settled else "a dead letter"),
            ("original", original),
        ],
    )


def print_replayed(done: Replayed) -> None:
    """Print the one summary that a replay ends with."""
    kept, dropped, dead = done.kept.total(), done.dropped.total(), done.still.total() + done.other.total()
    gone = sum(one.letters for one in done.gone)
    would = "Dry run, nothing is written: of " if done.is_dry else ""
    waiting = f"; {done.waiting:,} wait for a worker" if done.waiting else ""
    say(
        f"{would}{count(done.letters, 'dead letter')}: {done.read:,} read again = {kept:,} kept + {dropped:,} dropped + {dead:,} dead "
        f"letters still; {count(gone, 'original')} gone{waiting}"
    )
    rows = [
        *_counted("kept", done.kept),
        *_counted("dropped", done.dropped),
        *_counted("still", done.still),
        *_counted("for another reason", done.other),
        *(
            (
                "gone",
                f"{one.topic}/{one.partition} offsets {one.offset_from} to {one.offset_to}, {count(one.letters, 'letter')}: {GONE[one.why]}",
            )
            for one in done.gone
        ),
    ]
    if done.waiting:
        rows.append(("waiting", "their intakes are not finished; `footfall ingest --drain` finishes them"))
    if done.finished:
        what = "would be" if done.is_dry else "were"
        rows.append(("finished", f"{count(done.finished, 'letter')} of an interrupted replay {what} settled first"))
    if rows:
        print_table("", rows)


def _counted(way: str, counts: Counter[str]) -> Iterator[tuple[str, str]]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return ((way, f"{name} {number:,}") for name, number in ordered)


def _at(letter: Letter) -> str:
    return f"{letter.topic}/{letter.partition}/{letter.offset}"
