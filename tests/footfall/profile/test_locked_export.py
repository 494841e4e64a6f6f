"""An export is locked: its personal columns open with its key, and with nothing else (R47)."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from footfall.commands.answers import profile
from footfall.exports.disclosing import Form, disclose
from footfall.exports.opening import open_with_house, read_key
from footfall.house import House
from policy.errors import FootfallError, UsageError
from tests.footfall.profile.customers_house import names_of
from warehouse.exports import Mailing
from warehouse.exports.locking import ExportKey, LockError, open_csv

NEWSLETTER = Mailing("newsletter", "seller")
FORMS: tuple[Form, ...] = ("csv", "json", "parquet")
PERSONAL = ("customer", "last_paths")
Run = Callable[..., str]

# Whoever has the file and no key; a crash of pyarrow ends this process, and not the suite.
STRANGER = """
import sys, duckdb, pyarrow.parquet as pq
print(duckdb.sql(f"select segment, orders from read_parquet('{sys.argv[1]}') order by all").fetchall())
print(pq.read_table(sys.argv[1], columns=["segment"]).num_rows)
for ask in (
    lambda: duckdb.sql(f"select customer from read_parquet('{sys.argv[1]}')").fetchall(),
    lambda: duckdb.sql(f"select last_paths from read_parquet('{sys.argv[1]}')").fetchall(),
    lambda: pq.read_table(sys.argv[1], columns=["customer"]),
    lambda: pq.read_table(sys.argv[1]),
):
    try:
        print("READ", ask())
    except Exception as error:
        print("refused", type(error).__name__)
"""


def export(house: House, folder: Path, form: Form, *, plain: bool = False) -> Path:
    out = folder / f"{'plain' if plain else 'locked'}.{form}"
    disclose(
        house, NEWSLETTER, out, None, role="marketing", plain=plain, key_file=None if plain else folder / "list.key"
    )
    return out


def rows_of(file: Path) -> list[dict[str, object]]:
    if file.suffix == ".parquet":
        return list(pq.read_table(file).to_pylist())
    if file.suffix == ".json":
        return list(json.loads(file.read_text()))
    with file.open(newline="") as lines:
        return [dict(row) for row in csv.DictReader(lines)]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_locked_comes_back_and_all_else_was_never_away(
    house: House, run: Run, tmp_path: Path, form: Form
) -> None:
    locked, plain = export(house, tmp_path, form), export(house, tmp_path, form, plain=True)
    first, second = house.registry.disclosures()
    assert (first.protection, second.protection) == ("export/" + first.at.strftime("%Y-%m") + "/1", "plain")
    people = house.subjects.pseudonym("S-plain"), house.subjects.pseudonym("S-champion")
    stored = locked.read_bytes()
    assert not [
        one
        for number in people
        for one in (str(number).encode(), number.to_bytes(8, "little", signed=True), b"/tools/saw", b"/help")
        if one in stored
    ]
    if form != "parquet":
        for row, wanted in zip(rows_of(locked), rows_of(plain), strict=True):
            assert all(str(row[name]).startswith(f"{first.protection}:") for name in PERSONAL)
            assert all(row[name] == wanted[name] for name in row if name not in PERSONAL)
    with_house, with_key = tmp_path / f"a.{form}", tmp_path / f"b.{form}"
    assert "2 profiles, nothing in it is locked" in run("open", str(locked), "-o", str(with_house))
    run("open", str(locked), "-o", str(with_key), "--key-file", str(tmp_path / "list.key"))
    assert rows_of(with_house) == rows_of(with_key) == rows_of(plain)
    if form == "parquet":
        assert pq.read_schema(with_house).equals(pq.read_schema(plain), check_metadata=True)
    assert with_house.stat().st_mode & 0o777 == 0o600
    entry = house.registry.accesses()[-1]
    assert (entry.role, entry.purpose, entry.tables, entry.rows_out) == (
        "marketing",
        "marketing",
        ("customer_profiles",),
        2,
    )


def test_a_stranger_reads_the_other_columns_only(house: House, tmp_path: Path) -> None:
    locked = export(house, tmp_path, "parquet")
    ended = subprocess.run(
        [sys.executable, "-c", STRANGER, str(locked)], capture_output=True, text=True, timeout=120, check=False
    )
    lines = ended.stdout.splitlines()
    assert lines[:2] == ["[('champion', 2), ('regular', 2)]", "2"], ended.stderr
    assert len(lines) == 6
    assert all(line.startswith("refused ") for line in lines[2:])


def test_the_key_file_is_its_owners_alone_and_never_replaces_another(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(house, tmp_path, "csv")
    key = tmp_path / "list.key"
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match=r"list\.key is there, and may be the only key of another file"):
        export(house, tmp_path, "json")
    with pytest.raises(UsageError, match="a plain file has no key"):
        disclose(house, NEWSLETTER, tmp_path / "x.csv", None, role="marketing", plain=True, key_file=tmp_path / "x.key")
    assert len(house.registry.disclosures()) == 1
    profile.app(
        ["open", str(tmp_path / "locked.csv"), "-o", str(tmp_path / "y.csv"), "--key-file", str(key)],
        standalone_mode=False,
    )
    shown = capsys.readouterr().out + repr(read_key(key)) + str(read_key(key))
    assert key.read_text().split()[-1] not in shown
    key.chmod(0o644)
    with pytest.raises(UsageError, match=r"open to others \(mode 644\); chmod 600"):
        read_key(key)


def test_each_export_has_its_own_key_and_a_destroyed_one_opens_nothing(house: House, tmp_path: Path) -> None:
    first = export(house, tmp_path, "csv")
    (tmp_path / "list.key").rename(tmp_path / "first.key")
    second = export(house, tmp_path, "json")
    with pytest.raises(LockError, match=r"was locked with the key export/.*/1, and this key is export/.*/2"):
        open_csv(first.read_text(), read_key(tmp_path / "list.key"))
    house.keyring.destroy("export", house.registry.disclosures()[0].protection.split("/")[1])  # type: ignore[union-attr]
    for file in (first, second):
        with pytest.raises(
            FootfallError, match=r"^the key export/.* was destroyed on .*; what it encrypted cannot be read"
        ):
            open_with_house(house, file, tmp_path / "no", "csv" if file is first else "json", role="marketing")
    assert not (tmp_path / "no").exists()
    opened, rows = open_csv(first.read_text(), read_key(tmp_path / "first.key"))
    assert rows == 2
    customers = [int(row["customer"]) for row in csv.DictReader(opened.splitlines())]
    assert names_of(house, customers) == {"S-plain", "S-champion"}


def test_a_role_that_may_not_export_may_not_open(house: House, tmp_path: Path) -> None:
    locked = export(house, tmp_path, "csv")
    with pytest.raises(FootfallError, match="R49"):
        open_with_house(house, locked, tmp_path / "no.csv", None, role="analyst")
    assert not (tmp_path / "no.csv").exists()


def test_what_was_changed_or_moved_does_not_open(house: House, tmp_path: Path) -> None:
    locked = export(house, tmp_path, "csv")
    key = read_key(tmp_path / "list.key")
    rows = list(csv.reader(locked.read_text().splitlines()))
    customer, paths = (rows[0].index(name) for name in PERSONAL)
    flipped = rows[1][customer][:-6] + ("A" if rows[1][customer][-6] != "A" else "B") + rows[1][customer][-5:]
    for changed in (flipped, rows[1][paths]):
        text = "\n".join(
            [
                ",".join(rows[0]),
                *(
                    ",".join(
                        [changed if at == customer else "" for at in range(len(rows[0]))],
                    )
                    for _ in (1,)
                ),
            ]
        )
        with pytest.raises(
            LockError, match=r"a value of customer does not open with the key export/.*changed, or moved"
        ):
            open_csv(text, key)


@pytest.mark.parametrize(
    "text", ["", "footfall export key", "footfall export key: profile/2026-11/1 " + "0" * 32, "x" * 900]
)
def test_what_is_no_key_is_not_shown(text: str) -> None:
    with pytest.raises(LockError, match="this is no key of an export") as caught:
        ExportKey.read(text)
    assert "0000" not in str(caught.value)


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_a_file_that_is_no_export_gets_one_line(house: House, tmp_path: Path, form: Form) -> None:
    for content in (b"", b"\xff\xfe\x00", b"{"):
        broken = tmp_path / f"broken.{form}"
        broken.write_bytes(content)
        with pytest.raises(FootfallError, match=r"^[^\n]+$"):
            open_with_house(house, broken, tmp_path / "out", form, role="marketing")
    assert not (tmp_path / "out").exists()


def test_lengths_of_locked_numbers_tell_nothing(house: House, tmp_path: Path) -> None:
    rows = rows_of(export(house, tmp_path, "json"))
    assert len(rows) == 2
    assert len({len(str(row["customer"])) for row in rows}) == 1
