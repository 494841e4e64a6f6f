"""All that is looked at, in order; what cannot be looked at is a failure of its own, and the rest goes on."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from footfall.doctor.answers import accounts, bots, places, true_places
from footfall.doctor.broker import kafka
from footfall.doctor.files import secrets, settings_files
from footfall.doctor.geography import Fidelity
from footfall.doctor.lake import lake, registry
from footfall.doctor.line import Line
from footfall.doctor.machine import machine
from footfall.house import DEFAULT_DATA, House
from footfall.settings import load_settings
from policy.errors import FootfallError

Progress = Callable[[int, int], None]
PARTS: Final = 9


class Examination:
    """What was found; `fidelity` is there when the places could be looked at."""

    def __init__(self, progress: Progress) -> None:
        self.lines: list[Line] = []
        self.fidelity: Fidelity | None = None
        self._progress = progress
        self._done = 0

    def look(self, area: str, found: Callable[[], Iterable[Line]]) -> bool:
        """Look at one part; say whether that went to its end."""
        try:
            self.lines.extend(found())
        except FootfallError as error:
            self.lines.append(
                Line(area, "not looked at", "failure", str(error), None, "Mend this first, then ask again.")
            )
            return False
        finally:
            self._done += 1
            self._progress(self._done, PARTS)
        return True


def examine(
    data: Path | None, config: Path | None, progress: Progress, *, log: Path | None = None, database: Path | None = None
) -> Examination:
    """Look at the machine, the settings and, where it can be opened, the warehouse.

    Args:
        data: the warehouse's folder.
        config: a settings file.
        progress: told how many parts are done, and of how many.
        log: a log file whose clients' places are asked for.
        database: another database to compare the places with.
    """
    found = Examination(progress)
    folder = (data or Path(os.environ.get("FOOTFALL_DATA") or DEFAULT_DATA)).absolute()

    def settings() -> Iterator[Line]:
        read = load_settings(os.environ, config, folder)
        yield from settings_files(read, folder, config)
        yield from machine(folder, os.environ, own_broker=not read.kafka.bootstrap)

    if not found.look("Settings", settings):
        return found

    def measured(house: House) -> Iterable[Line]:
        found.fidelity = true_places(house, log, database)
        return places(found.fidelity)

    def warehouse() -> Iterator[Line]:
        with House.open(data, config) as house:
            found.look("Keys", lambda: secrets(house))
            found.look("Registry", lambda: registry(house))
            found.look("Lake", lambda: lake(house))
            found.look("Kafka", lambda: kafka(house))
            found.look("Answers", lambda: accounts(house))
            found.look("Answers", lambda: bots(house))
            found.look("Places", lambda: measured(house))
        yield from ()

    found.look("Warehouse", warehouse)
    return found
