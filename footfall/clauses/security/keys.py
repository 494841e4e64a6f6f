"""Keys: generations without a gap, files that open or are lost for good, and a master that is its owner's alone."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from dashboards.parts.markup import count_of
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged
from footfall.house import MASTER_FILE
from warehouse.keyring import Keyring, KeyringError, MasterKey

KEY_ID: Final = b"footfall.key_id"


def keys_kept(evidence: Evidence) -> Finding:
    """R48: each key's generations follow one another, destroyed ones have no bytes, and every file's key is held or destroyed."""
    house = evidence.house
    records = [record for record in house.keyring.status() if not record.is_master]
    generations: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for record in records:
        generations[record.purpose, record.period].append(record.generation)
    defects = [
        f"the generations of the key {purpose}{'/' + period if period else ''} have a gap"
        for (purpose, period), numbers in generations.items()
        if sorted(numbers) != list(range(1, len(numbers) + 1))
    ]
    defects += _torn(evidence)
    ids: defaultdict[str, int] = defaultdict(int)
    for file, (name, schema) in evidence.schemas().items():
        if house.lake.table(name).personal:
            key_id = (schema.metadata or {}).get(KEY_ID, b"").decode()
            ids[key_id] += 1
            if not key_id:
                defects.append(f"{evidence.shown(file)} names no key")
    lost = 0
    for key_id, files in ids.items():
        state = _state(evidence, key_id)
        lost += files if state == "destroyed" else 0
        if state == "unknown":
            defects.append(f"{files} files name a key that this registry does not know")
    master = house.data / MASTER_FILE
    if master.is_file() and master.stat().st_mode & 0o077:
        defects.append("others may read the master key's file")
    if _wrong_master_opens(evidence):
        defects.append("a wrong master key opens the keyring")
    destroyed = sum(record.destroyed_at is not None for record in records)
    return judged(
        f"{len(records)} keys ({destroyed} destroyed, without bytes) in {len(generations)} series without a gap; {sum(ids.values())} encrypted "
        f"files under {count_of(len(ids), 'key')}, {lost} of them unreadable for good; another master key opens none",
        defects,
    )


def _torn(evidence: Evidence) -> Iterator[str]:
    """Name keys that are destroyed and still have bytes, or have none and are not destroyed."""
    rows = evidence.registry(
        "select purpose, period, generation, wrapped is not null, destroyed_at is not null from keys where purpose <> 'master'"
    )
    for purpose, period, generation, held, destroyed in rows:
        if bool(held) == bool(destroyed):
            state = "is destroyed and still has bytes" if held else "has no bytes and was not destroyed"
            yield f"the key {purpose}/{period}/{generation} {state}"


def _state(evidence: Evidence, key_id: str) -> str:
    parts = tuple(key_id.split("/"))
    for record in evidence.house.keyring.status():
        if (record.purpose, record.period, str(record.generation)) == parts:
            if record.destroyed_at is not None:
                return "destroyed"
            try:
                evidence.house.keyring.key_by_id(key_id)
            except KeyringError:
                return "unknown"
            return "held"
    return "unknown"


def _wrong_master_opens(evidence: Evidence) -> bool:
    """Try the keyring with a master key of zeros."""
    try:
        Keyring(evidence.house.registry, MasterKey.from_text("00" * 32), lambda: evidence.now).import_key()
    except KeyringError:
        return False
    return True
