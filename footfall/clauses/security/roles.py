"""Roles: every role tries every purpose and every table, and gets what the policy names it for, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged
from footfall.house import account
from warehouse.door import Door, QuestionError, RefusedError
from warehouse.registry import Registry

VIEWS: Final = frozenset({"page_views"})
PRIVATE: Final = ("registry", "keys")
LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")


class _Notebook:
    """Takes the place of the audit while hundreds of refusals are tried on purpose."""

    def __init__(self) -> None:
        self.refusals = 0

    def note_access(self, *, outcome: str, **_: Any) -> None:
        """Count one knock in vain."""
        self.refusals += outcome == "refused"


@dataclass(slots=True)
class _Tried:
    """How often the door was tried, and what came of it."""

    doors_open: int = 0
    doors_shut: int = 0
    reads_open: int = 0
    reads_refused: int = 0
    tables_read: set[str] = field(default_factory=set)

    def note(self, name: str, *, is_open: bool) -> None:
        """Count one table tried."""
        self.reads_open += is_open
        self.reads_refused += not is_open
        if is_open:
            self.tables_read.add(name)


def roles_deny_by_default(evidence: Evidence) -> Finding:
    """R49: each role, for each purpose, reads the tables that name it and is refused all others; files are their owner's alone."""
    house = evidence.house
    notebook, tried, defects = _Notebook(), _Tried(), list[str]()
    registry: Registry = notebook  # type: ignore[assignment] # of the registry the door needs no more than that
    door = Door(house.lake, registry, house.policy, lambda: evidence.now, hidden=house.subjects.hidden)
    for role in house.policy.roles:
        for purpose in house.policy.purposes:
            defects += _try_all(evidence, door, role, purpose, tried)
    refusals = tried.reads_refused + tried.doors_shut
    if notebook.refusals != refusals:
        defects.append(f"{refusals} refusals left {notebook.refusals} entries in the audit")
    defects += _audit_defects(evidence)
    defects += _open_files(evidence)
    defects += _far_listeners(house.data)
    audited = evidence.registry("select outcome, count(*) from audit group by outcome")
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(audited)) or "none yet"
    gone = evidence.registry("select min(number) - 1 from audit")[0][0]
    told += f", {gone:,} before them let go" * bool(gone)
    return judged(
        f"{tried.doors_open + tried.doors_shut} pairs of role and purpose tried: {tried.doors_shut} refused as such; in the other "
        f"{tried.doors_open} all {len(house.policy.tables)} tables: {tried.reads_open} open, {tried.reads_refused} refused, as the policy names "
        f"them; audit: {told}, chain whole; files for their owner alone",
        defects,
    )


def _try_all(evidence: Evidence, door: Door, role: str, purpose: str, tried: _Tried) -> Iterator[str]:
    """Let one role try every table for one purpose; give what is not as the policy names it."""
    tables = evidence.house.policy.tables
    may = {name for name, table in tables.items() if _names(table.readers, role, purpose)}
    try:
        with door.open(role, purpose, who=account()) as session:
            tried.doors_open += 1
            yield from (f"{role} is shown {name} for {purpose}" for name in set(session.tables) - may - VIEWS)
            for name in tables:
                # Each table is really read once, by the first who may; then it is enough that the session has it.
                is_open = name in session.tables if name in may & tried.tables_read else _is_open(session, name)
                tried.note(name, is_open=is_open)
                if is_open != (name in may):
                    yield f"{role} {'may read' if is_open else 'is refused'} {name} for {purpose}"
    except RefusedError:
        tried.doors_shut += 1
        if may:
            yield f"{role} is refused everything for {purpose}"


def _names(readers: Any, role: str, purpose: str) -> bool:
    return any(reader.role == role and purpose in reader.purposes for reader in readers)


def _is_open(session: Any, name: str) -> bool:
    try:
        session.query(f"select 1 as one from {name} limit 0")  # noqa: S608 - the policy's name
    except (RefusedError, QuestionError):
        return False
    return True


def _audit_defects(evidence: Evidence) -> Iterator[str]:
    """Look at the audit itself: its chain, and that nothing in it can be changed."""
    registry = evidence.house.registry
    broken = registry.check_accesses(evidence.house.keyring.audit_seal)
    if broken is not None:
        yield f"the chain of the audit breaks at entry {broken}"
    if evidence.can_change("update audit set role = role"):
        yield "the database let somebody change entries of the audit"


def _open_files(evidence: Evidence) -> Iterator[str]:
    """Name what others of this machine may read: the folder bars the way, and what is most private is barred itself."""
    data = evidence.house.data
    private = [data, *(data / name for name in PRIVATE)]
    for folder in private:
        if folder.is_dir() and folder.stat().st_mode & 0o077:
            yield f"others may enter {evidence.shown(folder) if folder != data else 'the data folder'}"
        if folder != data and folder.is_dir():
            yield from (
                f"others may read {evidence.shown(file)}"
                for file in sorted(folder.iterdir())
                if file.stat().st_mode & 0o077
            )


def _far_listeners(data: Path) -> Iterator[str]:
    """Read where our own broker listens."""
    properties = data / "kafka" / "server.properties"
    if properties.is_file():
        for line in properties.read_text().splitlines():
            name, _, value = line.partition("=")
            if name == "listeners":
                hosts = [one.partition("://")[2].rpartition(":")[0] for one in value.split(",")]
                yield from ("our own broker listens beyond this machine" for host in hosts if host not in LOOPBACK)
