"""The rules that a well-shaped policy must still keep: what its parts say of one another.

Each rule takes the policy and yields one line per breach, beginning with its place in the file.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from policy.model import Column, Field, Policy, PolicyError, Retention, Table
from policy.schemas import arrow_type

PROMISES: Final = 60
"""How many a policy has to answer: R1 to R60, whatever its version."""


def broken_rules(policy: Policy) -> Iterator[str]:
    """Yield a line for each rule that the policy breaks, with its place."""
    for rule in RULES:
        yield from rule(policy)


def _clauses_complete(policy: Policy) -> Iterator[str]:
    found = [clause.id for clause in policy.clauses]
    expected = [f"R{number}" for number in range(1, PROMISES + 1)]
    yield from _repeated(found, "clauses")
    for missing in expected:
        if missing not in found:
            yield f"clauses[{missing}]: missing; expected each of R1 to R{PROMISES} once"
    for unknown in found:
        if unknown not in expected:
            yield f"clauses[{unknown}]: not a promise; expected R1 to R{PROMISES}"


def _clauses_known(policy: Policy) -> Iterator[str]:
    known = {clause.id for clause in policy.clauses}
    for place, clause in _clause_uses(policy):
        if clause not in known:
            yield f"{place}.clause: the clause {clause} is not declared"


def _clause_uses(policy: Policy) -> Iterator[tuple[str, str]]:
    for section in ("purposes", "recipients", "communications", "retention"):
        for name, entry in getattr(policy, section).items():
            yield f"{section}.{name}", entry.clause
    for rule in policy.refused:
        yield f"refused[{rule.pattern}]", rule.clause
    for place, member in _members(policy):
        yield place, member.clause


def _purposes_known(policy: Policy) -> Iterator[str]:
    for place, purposes in _purpose_uses(policy):
        yield from _repeated(purposes, f"{place}.purposes")
        for purpose in purposes:
            if purpose not in policy.purposes:
                yield f'{place}.purposes: the purpose "{purpose}" is not declared; {_known(policy.purposes)}'


def _purpose_uses(policy: Policy) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, role in policy.roles.items():
        yield f"roles.{name}", role.purposes
    for name, recipient in policy.recipients.items():
        yield f"recipients.{name}", recipient.purposes
    for place, member in _members(policy):
        yield place, member.purposes
    for name, table in policy.tables.items():
        for reader in table.readers:
            yield f"tables.{name}.readers[{reader.role}]", reader.purposes


def _members_sound(policy: Policy) -> Iterator[str]:
    """Each column and field has a type that exists and at least one purpose (R3)."""
    for place, member in _members(policy):
        if not member.purposes:
            yield f"{place}.purposes: empty; expected at least one purpose (R3)"
        try:
            arrow_type(member.type)
        except PolicyError as error:
            yield f"{place}.type: {error}"
    for name, source in policy.sources.items():
        yield from _repeated((field.name for field in source.fields), f"sources.{name}.fields")
    for name, table in policy.tables.items():
        yield from _repeated(table.names, f"tables.{name}.columns")


def _retention_sound(policy: Policy) -> Iterator[str]:
    for name, entry in policy.retention.items():
        place = f"retention.{name}"
        spans = [span for span in (entry.months, entry.days, entry.kept_with) if span is not None]
        if len(spans) != 1:
            yield f"{place}: expected exactly one of months, days and kept_with, got {len(spans)}"
        if entry.kept_with is None and entry.counted_from is None:
            yield f"{place}.counted_from: missing; expected the column from which the time is counted"
        if entry.kept_with is not None and entry.counted_from is not None:
            yield f"{place}.counted_from: expected nothing beside kept_with"
        if entry.kept_with is not None and entry.kept_with not in policy.tables:
            yield f'{place}.kept_with: the table "{entry.kept_with}" is not declared; {_known(policy.tables)}'


def _sources_sound(policy: Policy) -> Iterator[str]:
    for name, source in policy.sources.items():
        if source.channel not in policy.channels:
            yield f'sources.{name}.channel: "{source.channel}" is not declared; {_known(policy.channels)} (R4)'
        if source.collected_via not in policy.collected_via:
            known = _known(policy.collected_via)
            yield f'sources.{name}.collected_via: "{source.collected_via}" is not declared; {known} (R15)'
        for field in source.fields:
            place = f"sources.{name}.fields[{field.name}]"
            if rule := policy.refusal(field.name):
                yield f"{place}: names like {rule.pattern} are refused in every source ({rule.clause})"
            if field.default is not None and field.mandatory:
                yield f"{place}.default: a mandatory field has no default (R16)"
            if field.default is not None and field.values and field.default not in field.values:
                yield f'{place}.default: "{field.default}" is not one of its values'


def _layout_sound(policy: Policy) -> Iterator[str]:
    """Partitions and statistics stand in paths and in the Delta log, where nothing can be encrypted."""
    for name, table in policy.tables.items():
        columns = {column.name: column for column in table.columns}
        for section, names in (("partition_by", table.partition_by), ("statistics", table.statistics)):
            place = f"tables.{name}.{section}"
            yield from _repeated(names, place)
            for one in names:
                if one not in columns:
                    yield f'{place}: the column "{one}" is not declared'
                elif columns[one].personal:
                    yield f'{place}: the column "{one}" is personal and would leak (R47)'
        for one in table.partition_by:
            if one in columns and columns[one].nullable:
                yield f'tables.{name}.partition_by: the column "{one}" may be empty'
        for one in table.statistics:
            if one in columns and columns[one].type.endswith(">"):
                yield f'tables.{name}.statistics: the column "{one}" has no smallest and largest value'


def _tables_sound(policy: Policy) -> Iterator[str]:
    for name, table in policy.tables.items():
        place = f"tables.{name}"
        if "policy_version" not in table.names:
            yield f"{place}.columns: policy_version is missing; every row records the version in force (R1)"
        if table.about != "customers" or table.kind == "release":
            for column in table.columns:
                if column.personal:
                    yield f"{place}.columns[{column.name}].personal: expected nobody's data here (R8, R12)"
        entry = policy.retention.get(table.retention)
        if entry is None:
            yield f'{place}.retention: "{table.retention}" is not declared; {_known(policy.retention)} (R56)'
        else:
            yield from _retention_fits(entry, table, place)


def _retention_fits(entry: Retention, table: Table, place: str) -> Iterator[str]:
    if entry.counted_from is not None and entry.counted_from not in table.names:
        yield f'{place}.retention: "{table.retention}" counts from {entry.counted_from}, which is not a column'


def _readers_sound(policy: Policy) -> Iterator[str]:
    for name, table in policy.tables.items():
        yield from _repeated((reader.role for reader in table.readers), f"tables.{name}.readers")
        for reader in table.readers:
            place = f"tables.{name}.readers[{reader.role}]"
            role = policy.roles.get(reader.role)
            if role is None:
                yield f'{place}: the role "{reader.role}" is not declared; {_known(policy.roles)} (R49)'
                continue
            for purpose in reader.purposes:
                if purpose in policy.purposes and purpose not in role.purposes:
                    yield f'{place}.purposes: the role may not name "{purpose}" (R49)'
                if not table.names_for(purpose):
                    yield f'{place}.purposes: no column may be read for "{purpose}" (R3)'


def _facts_apart(policy: Policy) -> Iterator[str]:
    """No purpose opens both visitors' and customers' rows, or one could be laid beside the other (R8, T4)."""
    carried = {
        about: {
            purpose
            for table in policy.tables.values()
            if table.kind == "fact" and table.about == about
            for column in table.columns
            for purpose in column.purposes
        }
        for about in ("visitors", "customers")
    }
    for purpose in sorted(carried["visitors"] & carried["customers"]):
        yield f'tables: the purpose "{purpose}" opens the rows of visitors and those of customers (R8, T4)'


def _members(policy: Policy) -> Iterator[tuple[str, Field | Column]]:
    for name, source in policy.sources.items():
        for field in source.fields:
            yield f"sources.{name}.fields[{field.name}]", field
    for name, table in policy.tables.items():
        for column in table.columns:
            yield f"tables.{name}.columns[{column.name}]", column


def _repeated(names: Iterable[str], place: str) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{place}[{name}]: stands there {count} times; expected once"


def _known(names: Iterable[str]) -> str:
    return "known are: " + ", ".join(sorted(names))


RULES: Final[tuple[Callable[[Policy], Iterator[str]], ...]] = (
    _clauses_complete,
    _clauses_known,
    _purposes_known,
    _members_sound,
    _retention_sound,
    _sources_sound,
    _layout_sound,
    _tables_sound,
    _readers_sound,
    _facts_apart,
)
