"""The command line: every verb is one module of a room of `footfall.commands`."""

import os
import signal
import sys
from collections.abc import Iterable
from typing import Annotated, Final

import typer

from footfall.commands import load_verb
from footfall.lean import keep_blas_quiet, keep_pandas_out, leave, searching_nothing, speak_anyway
from footfall.terminal import err, out

VERBS: Final = {
    "run": "A log, or the demo shop, all the way to a report. Start here.",
    "ship": "Log files, or files of JSON lines, to Kafka.",
    "ingest": "Kafka to the warehouse, exactly once.",
    "nightly": "Statistics of changed days, profiles, and what is let go.",
    "report": "One self-contained page: traffic, or customers.",
    "sql": "One question in SQL.",
    "traffic": "Views and visitors by two dimensions together.",
    "profile": "Customers' profiles: show one, export an audience.",
    "status": "Where every line went.",
    "doctor": "What is wrong, in numbers, and how to mend it.",
    "dead-letters": "Records that could not be used: count, look, read again.",
    "keys": "Which keys there are, new ones, and their end.",
    "policy": "What is promised, and whether it holds here.",
    "attack": "What could be learned about small groups.",
    "simulate": "Logs of a shop that does not exist, or its customers' records.",
}
"""Each verb with the line that the list of verbs has for it."""
INTERRUPTED: Final = 130
TERMINATED: Final = 143
STOPPED: Final = "footfall: stopped. Nothing is lost; the same command goes on, or begins anew."


def _tell_version(version: bool) -> None:
    if version:
        from importlib import metadata  # noqa: PLC0415 - 40 ms that no verb needs

        out.print(f"footfall {metadata.version('footfall')}")
        raise typer.Exit


def application(verbs: Iterable[str] = VERBS) -> typer.Typer:
    """Build the command line of the given verbs; each loads only what it needs."""
    app = typer.Typer(
        name="footfall",
        help="Web logs to answers, with a privacy promise that holds: lines come in through Kafka, are reduced in memory to "
        "anonymous statistics, are kept as Parquet, and are asked with DuckDB.\n\n"
        "Start with `footfall run`; each verb's --help is its manual.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def _program(
        version: Annotated[
            bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")
        ] = False,
    ) -> None:
        """Take what stands before the verb."""

    for verb in verbs:
        module = load_verb(verb)
        if hasattr(module, "app"):
            app.add_typer(module.app, name=verb, short_help=VERBS[verb])
        else:
            app.command(verb, short_help=VERBS[verb])(module.command)
    return app


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error and an exit code of 1, or 2 for wrong use."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that the broker is given back
    keep_blas_quiet()
    with searching_nothing():
        keep_pandas_out()
        from policy.errors import FootfallError, place_of  # noqa: PLC0415 - with the policy comes pyarrow

    try:
        named = sys.argv[1] if len(sys.argv) > 1 else ""
        application((named,) if named in VERBS else VERBS)()
    except FootfallError as error:
        err.print(f"footfall: {error}", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print(STOPPED)
        sys.exit(INTERRUPTED)
    except SystemExit as ended:  # the command line itself makes one of Ctrl-C
        if ended.code in {INTERRUPTED, TERMINATED}:
            err.print(STOPPED)
        raise
    except BrokenPipeError:
        # The reader went away, as `head` does; a second complaint at exit would help nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        err.print(f"footfall: {named}{error.strerror or place_of(error)}", markup=False, soft_wrap=True)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - what it says may quote a record, so no traceback is shown (R5, R26)
        err.print(
            f"footfall: a fault of Footfall itself: {place_of(error)}. Nothing that was begun counts, and nothing is lost. "
            "Please report this line (what the fault says is not shown, for it may quote a record).",
            markup=False,
            soft_wrap=True,
        )
        sys.exit(1)


def program() -> None:
    """Run the command line as a process of its own."""
    speak_anyway()
    try:
        main()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            raise
        leave(ended.code or 0)
    leave(0)


if __name__ == "__main__":
    program()
