"""Handing data out: an entry in the ledger first, then a private file, locked, whole or not at all (R27, R33, R47)."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from footfall.commands.answers.sql import as_objects
from footfall.house import House, account, now
from footfall.terminal import json_text
from policy.errors import FootfallError, UsageError
from warehouse.exports import PURPOSE, TABLE, Chosen, Mailing, check_mailing, choose, question
from warehouse.exports.locking import ExportKey, lock_cells, lock_parquet
from warehouse.keyring import EXPORT

Form = Literal["csv", "parquet", "json"]
FORMS: Final[Mapping[str, Form]] = {".csv": "csv", ".parquet": "parquet", ".json": "json"}
PLAIN: Final = "plain"


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
        key: the id of the key that locks what is personal in the file; None where it is plain.
        ledger: the number of the entry in the ledger.
        hash: that entry's hash, for the receipt.
    """

    out: str
    rows: int
    left_out: Mapping[str, int]
    why_empty: str
    key: str | None
    ledger: int
    hash: str


def disclose(
    house: House,
    mailing: Mailing,
    output: Path,
    form: Form | None,
    *,
    role: str,
    plain: bool = False,
    key_file: Path | None = None,
) -> Export:
    """Read an audience's profiles, leave out who may not be reached, enter that into the ledger, and write the file.

    Its personal columns are locked under a key of its own, which the keyring has, and `key_file` too where one is named.

    The entry comes first, once it is clear that the file can be made: whatever crashes, no file is without an entry. An
    entry without a file overstates what was handed out, which harms nobody.

    Raises:
        UsageError: the policy does not allow this mailing (R27, R29), or the file's form is not known, or there is a key
            file of that name.
        RefusedError: the role may not read profiles for marketing (R3, R49).
        ExportError: the file cannot be written.
    """
    with house.asker(role, PURPOSE).well_formed([TABLE]):
        check_mailing(house.policy, mailing)
    form = form_of(output, form)
    if key_file is not None and (plain or key_file.exists()):
        why = "a plain file has no key" if plain else f"{key_file} is there, and may be the only key of another file"
        raise UsageError(f"{why}; give --key-file another name, or leave it out")
    given: dict[str, Any] = {"audience": mailing.audience}
    if mailing.segments:
        given["segments"] = list(mailing.segments)
    with house.ask(role, PURPOSE) as session:
        profiles = session.query(question(house.policy, mailing.segments), given)
    chosen = choose(profiles, mailing, house.subjects)
    part = _begin(output)
    try:
        key = None if plain else _new_key(house)
        encoded = encode(chosen.rows, form, house, key)
        if key is not None and key_file is not None:
            _write_key(key_file, key)
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
            protection=PLAIN if key is None else key.key_id,
        )
        _finish(part, output, encoded, entry.number)
    finally:
        part.unlink(missing_ok=True)
    left_out = {"opted_out": chosen.opted_out, "withdrawn": chosen.withdrawn, "elsewhere": chosen.elsewhere}
    return Export(
        out=str(output),
        rows=chosen.rows.num_rows,
        left_out=left_out,
        why_empty=_why_empty(profiles, chosen, mailing),
        key=None if key is None else key.key_id,
        ledger=entry.number,
        hash=entry.hash,
    )


def form_of(file: Path, form: Form | None) -> Form:
    """Tell the form of an export: what is said, or what its name ends with.

    Raises:
        UsageError: neither says.
    """
    form = form or FORMS.get(file.suffix.lower())
    if form is None:
        raise UsageError(f"an export is csv, parquet or json; let {file.name} end so, or say which with --format")
    return form


def encode(rows: pa.Table, form: Form, house: House, key: ExportKey | None) -> bytes:
    """Write rows as one file's bytes, the personal columns locked; in CSV, which has no form for them, maps and lists are JSON."""
    personal = [column.name for column in house.policy.table(TABLE).columns if column.personal]
    personal = [name for name in rows.column_names if name in personal]
    sink = pa.BufferOutputStream()
    if form == "parquet":
        if key is not None:
            return lock_parquet(rows, personal, key, now().date())
        pq.write_table(rows, sink)
    else:
        rows = _flat(rows) if form == "csv" else rows
        rows = lock_cells(rows, personal, key, secrets.token_bytes) if key is not None else rows
        if form == "json":
            return json_text(as_objects(rows)).encode()
        pa_csv.write_csv(rows, sink)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _new_key(house: House) -> ExportKey:
    key_id = house.keyring.new_generation(EXPORT, f"{now():%Y-%m}")
    return ExportKey(key_id, house.keyring.key_by_id(key_id))


def _write_key(path: Path, key: ExportKey) -> None:
    """Write the key for its recipient, for the owner's eyes alone."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.text)
    except OSError as error:
        raise ExportError(f"{path}: cannot be written: {error.strerror}; nothing was handed out") from error


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
