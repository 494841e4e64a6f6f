"""What a simulated log holds, known from how it was made and never from reading it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Self

import msgspec
import numpy as np
import numpy.typing as npt

from footfall.simulate.traffic.defects import FATES
from footfall.simulate.traffic.rows import GET, Defect, Rows
from footfall.simulate.world.addresses import COUNTRIES, Addresses

FILE_NAME: Final = "planted.json"
VIEW_STATUSES: Final = (200, 206, 304)


@dataclass(slots=True)
class Planted:
    """The truth about a simulated log; `lines` = `kept` + all that is `dropped` or in `dead_letters`.

    Attributes:
        seed, start, days: what the log was made from.
        host: the shop's own host name, as its pages' referrers name it.
        proxies: addresses of the trusted proxies; empty without them.
        files: names of the log files, in order.
        lines: lines of all files, blank ones too.
        kept: lines that must be stored.
        dropped, dead_letters: reason → lines that must leave so.
        repeated: lines that are exact copies of another (kept, for logs repeat themselves rightly too).
        page_views: by people, with GET, answered 200, 206 or 304, for what is no static file.
        page_views_by_day: the same by event date; page_views_by_country: the same by the visitor's country.
        visitors_by_day: distinct pairs of client address and agent among those page views.
        address_agent_days: the sum over days of such pairs among all kept lines, robots' too.
        robot_lines: kept lines whose agent is a robot.
        kept_by_day_and_status: event date → status → kept lines.
        bytes_sum: the sum of the bytes fields of all kept lines.
        secrets: kind → the exact strings that stand in the log; a kind with `_decoded` holds what decoding would give.
        addresses: every client address in the log, also those that clients only claim.
    """

    seed: int
    start: date
    days: int
    host: str
    proxies: list[str]
    files: list[str] = field(default_factory=list)
    lines: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    page_views: int = 0
    page_views_by_day: dict[date, int] = field(default_factory=dict)
    page_views_by_country: dict[str, int] = field(default_factory=dict)
    visitors_by_day: dict[date, int] = field(default_factory=dict)
    address_agent_days: int = 0
    robot_lines: int = 0
    kept_by_day_and_status: dict[date, dict[int, int]] = field(default_factory=dict)
    bytes_sum: int = 0
    secrets: dict[str, list[str]] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write ``planted.json`` into a folder."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        (folder / FILE_NAME).write_bytes(text + b"\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the ``planted.json`` of a folder."""
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=cls)


class Tally:
    """Counts up what is planted, a day at a time."""

    def __init__(self, planted: Planted, addresses: Addresses, page_targets: range, own_targets: int) -> None:
        """Count into `planted`; pages are `page_targets` and whatever a day has beyond the shop's `own_targets`."""
        self._planted = planted
        self._addresses = addresses
        self._page_targets = page_targets
        self._own_targets = own_targets
        self._seen = np.zeros(len(addresses.texts), np.bool_)
        self._secrets: dict[str, set[str]] = {}

    def add_secret(self, kind: str, spelling: str) -> None:
        """Note one secret, once."""
        self._secrets.setdefault(kind, set()).add(spelling)

    def add_day(self, day: date, rows: Rows) -> None:
        """Count the rows of one day."""
        planted = self._planted
        defects = Counter(rows["defect"].tolist())
        for defect, reason in FATES.items():
            where = planted.dead_letters if reason.is_dead_letter else planted.dropped
            where[reason.value] = where.get(reason.value, 0) + defects[defect]
        kept = rows[~np.isin(rows["defect"], list(FATES))]
        planted.lines += len(rows)
        planted.kept += len(kept)
        planted.repeated += defects[Defect.REPEATED]
        planted.robot_lines += int(kept["robot"].sum())
        planted.bytes_sum += int(np.maximum(kept["bytes"], 0).sum(dtype=np.int64))
        planted.address_agent_days += len(_pairs(kept))
        statuses, counts = np.unique(kept["status"], return_counts=True)
        planted.kept_by_day_and_status[day] = dict(zip(statuses.tolist(), counts.tolist(), strict=True))

        views = kept[self._is_view(kept)]
        planted.page_views += len(views)
        planted.page_views_by_day[day] = len(views)
        planted.visitors_by_day[day] = len(_pairs(views))
        countries = np.bincount(self._addresses.countries[views["address"]], minlength=len(COUNTRIES)).tolist()
        for (country, _, _), count in zip(COUNTRIES, countries, strict=True):
            planted.page_views_by_country[country] = planted.page_views_by_country.get(country, 0) + count
        # Noise and blank lines are copies without their address, but the line that was copied has it.
        self._seen[rows["address"]] = True

    def finish(self, claimed: tuple[str, ...]) -> Planted:
        """Add the lists: secrets, and addresses with those that clients `claimed`."""
        texts = self._addresses.texts.to_pylist()
        seen = [texts[number].decode() for number in np.flatnonzero(self._seen).tolist()]
        self._planted.addresses = sorted([*seen, *claimed])
        self._planted.secrets = {kind: sorted(self._secrets[kind]) for kind in sorted(self._secrets)}
        return self._planted

    def _is_view(self, rows: Rows) -> npt.NDArray[np.bool_]:
        target = rows["target"]
        is_page = ((target >= self._page_targets.start) & (target < self._page_targets.stop)) | (
            target >= self._own_targets
        )
        return is_page & ~rows["robot"] & (rows["method"] == GET) & np.isin(rows["status"], VIEW_STATUSES)


def _pairs(rows: Rows) -> npt.NDArray[np.int64]:
    """Give the distinct pairs of address and agent, each as one number."""
    return np.unique(rows["address"].astype(np.int64) << 16 | rows["agent"])
