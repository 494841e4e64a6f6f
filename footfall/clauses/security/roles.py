"""Roles: every role tries every purpose and every table, and gets what the policy names it for, and nothing else."""

from collections.abc import Iterator
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
    """Takes the place of the audit while thousands of refusals are tried on purpose."""

    def __init__(self) -> None:
        self.entries = 0

    def note_access(self, **_: Any) -> None:
        """Count one knock."""
        self.entries += 1


def roles_deny_by_default(evidence: Evidence) -> Finding:
    """R49: each role, for each purpose, reads the tables that name it and is refused all others; files are their owner's alone."""
    house = evidence.house
    notebook, defects, opened, refused = _Notebook(), [], 0, 0
    read: set[str] = set()
    registry: Registry = notebook  # type: ignore[assignment] # of the registry the door needs no more than that
    door = Door(house.lake, registry, house.policy, lambda: evidence.now, hidden=house.subjects.hidden)
    for role in house.policy.roles:
        for purpose in house.policy.purposes:
            may = {name for name, table in house.policy.tables.items() if _names(table.readers, role, purpose)}
            try:
                with door.open(role, purpose, who=account()) as session:
                    defects += [f"{role} is shown {name} for {purpose}" for name in set(session.tables) - may - VIEWS]
                    for name in house.policy.tables:
                        # Each table is really read once, by the first who may; then it is enough that the session has it.
                        is_open = name in session.tables if name in may & read else _is_open(session, name)
                        read.add(name) if name in may else None
                        opened, refused = opened + is_open, refused + (not is_open)
                        if is_open != (name in may):
                            defects.append(f"{role} {'may read' if is_open else 'is refused'} {name} for {purpose}")
            except RefusedError:
                refused += len(house.policy.tables)
                defects += [f"{role} is refused everything for {purpose}"] if may else []
    if notebook.entries < refused // len(house.policy.tables):
        defects.append(f"{refused} refusals left {notebook.entries} entries in the audit")
    defects += _audit_defects(evidence)
    defects += _open_files(evidence)
    defects += _far_listeners(house.data)
    audited = evidence.registry("select outcome, count(*) from audit group by outcome")
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(audited)) or "none yet"
    return judged(
        f"{len(house.policy.roles)} roles, {len(house.policy.purposes)} purposes and {len(house.policy.tables)} tables tried one by one: "
        f"{opened} reads allowed, {refused:,} refused, as the policy names them; audit: {told}, chain whole; files for their owner alone",
        defects,
    )


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
    broken = registry.check_accesses()
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
