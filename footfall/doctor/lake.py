"""Health of the tables and of the registry: files that are missing, left over or too small, logs that are long, broken chains."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from footfall.doctor.line import Line, Lines, judged
from footfall.house import House, now
from ingest.sinks import TABLES
from policy.errors import FootfallError
from warehouse.lake.changes import app_ids
from warehouse.lake.lake import FOLDERS
from warehouse.lake.table import LakeTable

AREA: Final = "Lake"
REGISTRY: Final = "Registry"
SMALL_BYTES: Final = 1024 * 1024
SMALL_FILES_MAX: Final = 256
COMMITS_MAX: Final = 100
ORPHAN_AGE: Final = timedelta(hours=48)
ACCOUNTS: Final = "intakes"
REPLAYS: Final = "replays"
COUNTS: Final = ("rows/", "watermark/")
"""Application transactions that count rows or versions; the others are marks of partitions."""
NIGHT: Final = "Run `footfall nightly`."


def lake(house: House) -> Lines:
    """Look at every table that is there."""
    tables, broken = [], []
    for name in house.policy.tables:
        try:
            table = house.lake.table(name)
            if table.exists:
                tables.append((name, table, folder_of(house, name)))
        except FootfallError as error:
            broken.append((name, str(error)))
    for name, what in broken:
        yield Line(AREA, name, "failure", what, 1, "Take the table back from a copy; nothing may be written before.")
    if not tables:
        yield Line(AREA, "tables", "ok", "none yet")
        return
    yield from _files(tables)
    yield from _logs(tables)
    yield _half_written(house, [name for name, _ in broken])


def folder_of(house: House, name: str) -> Path:
    """Name the folder of a table."""
    return house.lake.root / FOLDERS[house.policy.tables[name].kind] / name


def _files(tables: Sequence[tuple[str, LakeTable, Path]]) -> Lines:
    missing, left_over, small = 0, 0, 0
    young = (now() - ORPHAN_AGE).timestamp()
    for _, table, folder in tables:
        named = {str(Path(file).name) for file in table.files()}
        there = {file.name: file for file in folder.rglob("*.parquet") if "_delta_log" not in file.parts}
        missing += len(named - there.keys())
        left_over += sum(file.stat().st_mtime < young for name, file in there.items() if name not in named)
        small = max(small, table.small_files(SMALL_BYTES))
    count = sum(table.size()["files"] for _, table, _ in tables)
    yield judged(
        AREA,
        "files",
        f"{count:,} in {len(tables)} tables" + (f", {missing:,} of them are gone from the disk" if missing else ""),
        "Take them back from a copy of the data folder: rows are lost.",
        failure=missing > 0,
        number=missing,
    )
    yield judged(
        AREA,
        "left-over files",
        f"{left_over:,} older than {ORPHAN_AGE // timedelta(hours=1)} h",
        f"{NIGHT} It deletes what no table needs.",
        warning=left_over > 0,
        number=left_over,
    )
    yield judged(
        AREA,
        "small files",
        f"{small:,} on the day that has most",
        f"{NIGHT} It joins them.",
        warning=small > SMALL_FILES_MAX,
        number=small,
    )


def _logs(tables: Sequence[tuple[str, LakeTable, Path]]) -> Lines:
    longest = max((commits_since_checkpoint(folder), name) for name, _, folder in tables)
    yield judged(
        AREA,
        "checkpoints",
        f"{longest[0]:,} commits since the last one, in {longest[1]}",
        "Opening gets slow. Is the disk full, or _delta_log not writable?",
        warning=longest[0] > COMMITS_MAX,
        number=longest[0],
    )


def commits_since_checkpoint(folder: Path) -> int:
    """Count the commits of a table that a reader must read one by one."""
    log = folder / "_delta_log"
    commits = [int(file.stem) for file in log.glob("*.json") if file.stem.isdigit()]
    try:
        checkpoint = int(json.loads((log / "_last_checkpoint").read_text())["version"])
    except (OSError, ValueError, KeyError):
        checkpoint = -1
    return sum(version > checkpoint for version in commits)


def _half_written(house: House, broken: Sequence[str]) -> Line:
    """Find intakes and replays that some tables have and the accounts have not: a worker or a replay died between two commits."""
    behind = set()
    for name in (REPLAYS, *TABLES):
        if name in broken or ACCOUNTS in broken or not house.lake.table(name).exists:
            continue
        table, accounts = house.lake.table(name), house.lake.table(ACCOUNTS)
        for app_id in app_ids(folder_of(house, name)):
            if not app_id.startswith(COUNTS) and (table.mark(app_id) or 0) > (accounts.mark(app_id) or 0):
                behind.add(app_id)
    return judged(
        AREA,
        "half-written intakes",
        f"{len(behind):,}",
        "Run `footfall ingest --drain`, or where a replay was broken off `footfall dead-letters replay`: it finishes them first. "
        "What runs just now may show one.",
        warning=bool(behind),
        number=len(behind),
    )


def registry(house: House) -> Lines:
    """Look at the database itself, at the chains of audit and ledger, and at what was found before."""
    if house.settings.registry:
        yield Line(REGISTRY, "database", "ok", "a server of yours")
    else:
        with house.registry.read() as connection:
            answer = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(5)")]
        yield judged(
            REGISTRY,
            "database",
            "whole" if answer == ["ok"] else f"damaged: {len(answer)} faults at least",
            "Stop everything, and take registry/registry.db back from a copy.",
            failure=answer != ["ok"],
        )
    chains = {
        "audit": house.registry.check_accesses(house.keyring.audit_seal),
        "ledger": house.registry.check_disclosures(),
    }
    for name, broken in chains.items():
        yield judged(
            REGISTRY,
            name,
            "its chain is whole" if broken is None else f"its chain breaks at entry {broken}",
            "Somebody changed or took away an entry. Compare it with a copy, and find out who.",
            failure=broken is not None,
            number=broken,
        )
    found = [finding for finding in house.registry.findings() if finding.detail]
    yield judged(
        REGISTRY,
        "open findings",
        f"{len(found):,}" + "".join(f"; {one.kind}: {one.detail}" for one in found),
        "`footfall status` lists them; a proxy is named in proxies.trusted.",
        warning=bool(found),
        number=len(found),
    )
