"""What a mart has to catch up with: the days that changed since its watermark, and the recipe it was made by."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from policy import Policy
from warehouse.lake.table import LakeTable
from warehouse.models import Model, lineage

CHUNK_BYTES_MAX: Final = 64 * 2**20
SOURCE: Final = "hits"
BUILD: Final = "build"
RULE: Final = "2"
"""Raise it when what this program makes of the same rows and models changes; every mart is then built anew."""


def recipe(model: Model, models: tuple[Model, ...], policy: Policy, own_hosts: Mapping[str, Collection[str]]) -> str:
    """Name the way a mart is made: what another recipe made does not count, so the mart is built anew.

    The texts of the model and of all that it reads are in it, the policy's version and limits, and the sites' own hosts
    where they matter.
    """
    sources = lineage(model, models)
    hosts = {site: sorted(own) for site, own in sorted(own_hosts.items())}
    parts = [
        RULE,
        *(source.text for source in sources),
        policy.version,
        msgspec.json.encode(policy.releases).decode(),
        str(hosts) if any("own_hosts" in source.head.inputs for source in sources) else "",
    ]
    digest = blake2b("\0".join(parts).encode(), digest_size=6).hexdigest()
    return f"recipe/{digest}"


def stale_days(table: LakeTable, hits: LakeTable, mark: str) -> frozenset[date] | None:
    """Name the days of `table` that differ from what `hits` now says; None when it has caught up.

    Args:
        table: the mart or release.
        hits: its source, at the version to catch up with.
        mark: the recipe's name.
    """
    built = table.watermark(BUILD)
    since = table.watermark(SOURCE) if built >= 0 and table.watermark(mark) == built else -1
    if since == hits.version:
        return None
    if since < 0 or since > hits.version:  # built otherwise, or from a table that was there before this one
        return frozenset({*hits.changed_days(-1), *table.changed_days(-1)})
    return frozenset(hits.changed_days(since))


def marks_of(table: LakeTable, hits: LakeTable, mark: str) -> dict[str, int]:
    """Say which watermarks move when `table` is rebuilt: how far `hits` was read, and which recipe made the newest build.

    A recipe's mark is the number of the build that it made last. It counts only as long as no other recipe has built
    since: who changes a setting and changes it back must not find the days of the setting in between.
    """
    build = table.watermark(BUILD) + 1
    return {SOURCE: hits.version, BUILD: build, mark: build}


def chunks(days: Collection[date], hits: LakeTable) -> Iterator[tuple[date, ...]]:
    """Cut days, in ascending order, into runs whose files can be held in memory together."""
    sizes = dict.fromkeys(days, 0)
    for file in map(Path, hits.files(days)):
        sizes[date.fromisoformat(file.parent.name.removeprefix("event_date="))] += file.stat().st_size
    run: list[date] = []
    size = 0
    for day in sorted(days):
        if run and size + sizes[day] > CHUNK_BYTES_MAX:
            yield tuple(run)
            run, size = [], 0
        run.append(day)
        size += sizes[day]
    if run:
        yield tuple(run)
