"""The policy's shape: what a policy file may say, as frozen structs that refuse any key they do not know.

Policy
├── clauses         what the privacy text asks, R1 to R60
├── purposes        why something may be read; roles, recipients and columns name them
├── roles           who asks, and for which purposes
├── recipients      who may be given an export
├── communications  what a person can opt out of
├── retention       how long rows are kept, and from when
├── sources         what may come in, field by field; refused: names that no source may have
└── tables          what may be stored, column by column, and who may read it
"""

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from msgspec import Meta, Struct

from policy.errors import FootfallError

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
ClauseId = Annotated[str, Meta(pattern="^R[1-9][0-9]*$")]
Version = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)+$")]
Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]


class PolicyError(FootfallError):
    """The policy file is damaged, or somebody asks for what it does not declare.

    Attributes:
        findings: every single defect, each with its place; the text has them all.
    """

    def __init__(self, message: str, findings: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class Clause(Struct, frozen=True, forbid_unknown_fields=True):
    """One promise: where the text makes it and what it asks of the software, in our words."""

    id: ClauseId
    part: Literal["introduction", "collection", "use", "access", "problems", "security", "implied"]
    title: Text
    asks: Text


class Purpose(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a column may be read, and the clause that allows it."""

    why: Text
    clause: ClauseId


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks, and the purposes that this role may name (R49)."""

    why: Text
    purposes: tuple[Name, ...]


class Recipient(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may be given an export, for which purposes, and whether only under an agreement (R27, R32)."""

    why: Text
    purposes: tuple[Name, ...]
    clause: ClauseId
    needs_agreement: bool = False


class Communication(Struct, frozen=True, forbid_unknown_fields=True):
    """A type of message that a person can opt out of, and whom it may reach at all (R28, R29)."""

    why: Text
    audiences: Annotated[tuple[Literal["customer", "seller"], ...], Meta(min_length=1)]
    clause: ClauseId


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """How long rows are kept: some months or days counted from a column, or as long as another table's rows (R56)."""

    why: Text
    clause: ClauseId
    months: Count | None = None
    days: Count | None = None
    counted_from: Name | None = None
    kept_with: Name | None = None


class Windows(Struct, frozen=True, forbid_unknown_fields=True):
    """The time limits that promises rest on.

    Attributes:
        late_h: how late a JSON event may be against its send time, and how long a day key outlives its day.
        day_closes_h: when a day is final, counted from its end in UTC.
        ahead_h: how far in the future a record's time may lie.
        raw_topics_days: how long topics with raw records may keep them.
        linkage_days: how long one pseudonym of a never-expiring cookie stays the same.
        purge_grace_h: how long files that nothing refers to stay before they are deleted.
    """

    late_h: Count
    day_closes_h: Count
    ahead_h: Count
    raw_topics_days: Count
    linkage_days: Count
    purge_grace_h: Count


class Releases(Struct, frozen=True, forbid_unknown_fields=True):
    """What published statistics must keep.

    Attributes:
        k: the fewest distinct visitors of one day that a published cell may have.
        members_min: the fewest cells that are merged into one called other.
        rounding: interactive counts are multiples of this.
        dimensions_max: how many dimensions an interactive question may have.
        bot_requests_min: bot names with fewer requests on a day are shown as other.
        bot_views_minute_max, bot_views_day_max: whoever views more pages in a minute or a day is labelled for its rate.
    """

    k: Annotated[int, Meta(ge=2)]
    members_min: Annotated[int, Meta(ge=2)]
    rounding: Count
    dimensions_max: Count
    bot_requests_min: Count
    bot_views_minute_max: Count
    bot_views_day_max: Count


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Other numbers of the text: the age below which nothing is kept, the time for a dispute, the first year of the web."""

    age_min_years: Count
    dispute_business_days: Count
    year_min: Count


class Refused(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of fields that no source may have: a shell pattern over the lower-case name, with ``_`` for ``-``."""

    pattern: Annotated[str, Meta(pattern="^[a-z*][a-z0-9_*]*$")]
    clause: ClauseId
    why: Text


class Field(Struct, frozen=True, forbid_unknown_fields=True):
    """One declared field of a source; any other is dropped and counted by name (R2, R16)."""

    name: Name
    type: Text
    purposes: tuple[Name, ...]
    clause: ClauseId
    why: Text
    mandatory: bool = False
    personal: bool = False
    format: Literal["uuid", "rfc3339", "url", "ip", "email", "iso3166", "iso4217"] | None = None
    values: tuple[Text, ...] = ()
    default: Text | None = None


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of record that may come in, one Kafka topic each.

    Attributes:
        description: what one record is.
        channel: ``web`` or ``software`` (R4).
        collected_via: what its records state where they do not say it themselves (R15).
        fields: in the order of the file.
    """

    description: Text
    channel: Name
    collected_via: Name
    fields: tuple[Field, ...]

    @property
    def mandatory(self) -> tuple[str, ...]:
        """The names of the fields without which a record is a dead letter (R16)."""
        return tuple(field.name for field in self.fields if field.mandatory)


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """One declared column of a stored table; no other can be written (R2, R3).

    Attributes:
        type: the Arrow type as text; see `policy.schemas.arrow_type`.
        personal: encrypted at rest, and never in Delta statistics (R47).
        purposes: what the column may be read for, at least one.
        clause: the promise that it rests on.
        values: every value that it may have; empty where the list is open.
    """

    name: Name
    type: Text
    purposes: tuple[Name, ...]
    clause: ClauseId
    why: Text
    nullable: bool = False
    personal: bool = False
    values: tuple[Text, ...] = ()


class Reader(Struct, frozen=True, forbid_unknown_fields=True):
    """A role that may read a table, and the purposes that it has to name one of."""

    role: Name
    purposes: Annotated[tuple[Name, ...], Meta(min_length=1)]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """One stored table.

    Attributes:
        kind: ``fact`` (row by row), ``mart`` (made nightly) or ``release`` (a mart as published).
        about: whose rows these are: ``visitors`` (nobody's name), ``customers`` (a pseudonym) or ``pipeline`` (accounting).
        question: what the table answers.
        retention: the name of an entry of the policy's retention.
        partition_by: columns, outermost first.
        statistics: the columns whose smallest and largest values may stand in the Delta log, never personal.
        readers: nobody else reads it; deny by default.
        columns: in the order of the file, which is the order in the table.
    """

    kind: Literal["fact", "mart", "release"]
    about: Literal["visitors", "customers", "pipeline"]
    question: Text
    retention: Name
    columns: tuple[Column, ...]
    readers: tuple[Reader, ...]
    partition_by: tuple[Name, ...] = ()
    statistics: tuple[Name, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def names_for(self, purpose: str) -> tuple[str, ...]:
        """Give the names of the columns that may be read for `purpose`, in order (R3)."""
        return tuple(column.name for column in self.columns if purpose in column.purposes)


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """A privacy policy in force, checked on load.

    Attributes:
        name: whose policy it is.
        version: what every run, row and export records (R1).
        dated: the day it was issued.
        text: the document that the clauses paraphrase.
        contact: where questions about privacy go (R52).
    """

    name: Name
    version: Version
    dated: date
    text: Text
    contact: Text
    windows: Windows
    releases: Releases
    limits: Limits
    channels: Mapping[Name, Text]
    collected_via: Mapping[Name, Text]
    clauses: tuple[Clause, ...]
    purposes: Mapping[Name, Purpose]
    roles: Mapping[Name, Role]
    recipients: Mapping[Name, Recipient]
    communications: Mapping[Name, Communication]
    retention: Mapping[Name, Retention]
    refused: tuple[Refused, ...]
    sources: Mapping[Name, Source]
    tables: Mapping[Name, Table]

    def __repr__(self) -> str:
        # The whole would be 70 kB in every log line and traceback that shows its arguments.
        return f"<policy {self.name} {self.version}>"

    @property
    def k(self) -> int:
        """The fewest distinct visitors of one day that a published cell may have (R7)."""
        return self.releases.k

    def table(self, name: str) -> Table:
        """Give the declared table `name`, or raise a `PolicyError` that lists the declared ones."""
        try:
            return self.tables[name]
        except KeyError:
            known = ", ".join(sorted(self.tables))
            raise PolicyError(f'the policy {self.version} declares no table "{name}" (R2); it has: {known}') from None

    def refusal(self, field_name: str) -> Refused | None:
        """Say by which rule a field of this name is refused in every source (R26, R31), or None."""
        plain = field_name.lower().replace("-", "_")
        return next((rule for rule in self.refused if fnmatchcase(plain, rule.pattern)), None)
