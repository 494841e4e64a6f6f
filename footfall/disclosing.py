"""Handing data out: an entry in the ledger first, then a private file, whole or not at all (R27, R33)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from footfall.commands.sql import as_objects
from footfall.house import House, account, now
from footfall.terminal import json_text
from policy.errors import FootfallError, UsageError
from warehouse.exports import PURPOSE, TABLE, Chosen, Mailing, check_mailing, choose, question

Form = Literal["csv", "parquet", "json"]
FORMS: Final[Mapping[str, Form]] = {".csv": "csv", ".parquet": "parquet", ".json": "json"}


class ExportError(FootfallError):
    """The file could not be written; an older file of that name is as it was."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was handed out.

    Attributes:
        out: the file, as text.
        rows: how many profiles are in it.
        left_out: by reason, how many are not: opted_out, withdrawn, elsewhere.
        why_empty: why there is no row; empty where there is one.
        ledger: the number of the entry in the ledger.
        hash: that entry's hash, for the receipt.
    """

    out: str
    rows: int
    left_out: Mapping[str, int]
    why_empty: str
    ledger: int
    hash: str


def disclose(house: House, mailing: Mailing, output: Path, form: Form | None, *, role: str) -> Export:
    """Read an audience's profiles, leave out who may not be reached, enter that into the ledger, and write the file.

    The entry comes first, once it is clear that the file can be made: whatever crashes, no file is without an entry. An
    entry without a file overstates what was handed out, which harms nobody.

    Raises:
        UsageError: the policy does not allow this mailing (R27, R29), or the file's form is not known.
        RefusedError: the role may not read profiles for marketing (R3, R49).
        ExportError: the file cannot be written.
    """
    check_mailing(house.policy, mailing)
    form = form or FORMS.get(output.suffix.lower())
    if form is None:
        raise UsageError(f"an export is csv, parquet or json; let {output.name} end so, or say which with --format")
    given: dict[str, Any] = {"audience": mailing.audience}
    if mailing.segments:
        given["segments"] = list(mailing.segments)
    with house.ask(role, PURPOSE) as session:
        profiles = session.query(question(house.policy, mailing.segments), given)
    chosen = choose(profiles, mailing, house.subjects)
    encoded = encode(chosen.rows, form)
    part = _begin(output)
    try:
        entry = house.registry.disclose(
            at=now(),
            who=account(),
            role=role,
            purpose=PURPOSE,
            recipient=mailing.recipient,
            communication=mailing.communication,
            audience=mailing.audience,
            tables=(TABLE,),
            columns=chosen.rows.column_names,
            rows=chosen.rows.num_rows,
            policy_version=house.policy.version,
        )
        _finish(part, output, encoded, entry.number)
    finally:
        part.unlink(missing_ok=True)
    left_out = {"opted_out": chosen.opted_out, "withdrawn": chosen.withdrawn, "elsewhere": chosen.elsewhere}
    return Export(
        str(output), chosen.rows.num_rows, left_out, _why_empty(profiles, chosen, mailing), entry.number, entry.hash
    )


def encode(rows: pa.Table, form: Form) -> bytes:
    """Write rows as one file's bytes; in CSV, which has no form for them, maps and lists are JSON."""
    if form == "json":
        return json_text(as_objects(rows)).encode()
    sink = pa.BufferOutputStream()
    if form == "parquet":
        pq.write_table(rows, sink)
    else:
        pa_csv.write_csv(_flat(rows), sink)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _flat(rows: pa.Table) -> pa.Table:
    nested = [field.name for field in rows.schema if pa.types.is_nested(field.type)]
    objects = as_objects(rows.select(nested))
    for name in nested:
        texts = [None if row[name] is None else msgspec.json.encode(row[name]).decode() for row in objects]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(texts, pa.string()))
    return rows


def _why_empty(profiles: pa.Table, chosen: Chosen, mailing: Mailing) -> str:
    if chosen.rows.num_rows:
        return ""
    if not profiles.num_rows:
        among = " in these segments" if mailing.segments else ""
        return f"there are no profiles of the audience {mailing.audience}{among}; `footfall nightly` makes profiles"
    return "everybody was left out"


def _begin(output: Path) -> Path:
    """Make the empty file that will become the export, for its owner alone."""
    part = output.with_name(f"{output.name}.part")
    try:
        if output.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise ExportError(f"{output}: cannot be written: {error.strerror}; nothing was handed out") from error
    return part


def _finish(part: Path, output: Path, encoded: bytes, ledger: int) -> None:
    """Fill the file, make it durable, and give it its name."""
    try:
        with part.open("wb") as file:
            file.write(encoded)
            file.flush()
            os.fsync(file.fileno())
        part.replace(output)
    except OSError as error:
        raise ExportError(
            f"{output}: cannot be written: {error.strerror}; disclosure {ledger} stays in the ledger without a file"
        ) from error
