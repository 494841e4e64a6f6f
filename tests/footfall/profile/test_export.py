"""`footfall profile export`: who may be reached, what is handed out, and that the ledger knows of all of it."""

import errno
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from footfall.exports.disclosing import ExportError, disclose
from footfall.house import House
from policy.errors import FootfallError, UsageError
from tests.dashboards.profiles.staging.marts import mart
from tests.footfall.profile.customers_house import CHILD, PEOPLE, REGISTERED, form, names_of, profile, register
from warehouse.exports import Mailing, check_mailing, choose

NEWSLETTER = Mailing("newsletter", "seller")


def test_r28_r29_r33_an_export_has_whom_it_may_reach_and_stands_in_the_ledger(
    house: House, run: Callable[..., str], tmp_path: Path
) -> None:
    out = tmp_path / "sellers.csv"
    text = run("export", "-o", str(out), "--audience", "seller", "--for", "newsletter", "--plain")
    written = pa_csv.read_csv(out)
    assert names_of(house, written.column("customer").to_pylist()) == {"S-plain", "S-champion"}
    assert set(written.column("role").to_pylist()) == {"seller"}
    assert json.loads(written.column("categories")[0].as_py()) == {"tools": 0.75, "help": 0.25}
    assert out.stat().st_mode & 0o777 == 0o600
    (entry,) = house.registry.disclosures()
    assert (entry.number, entry.rows, entry.role, entry.purpose, entry.recipient) == (
        1,
        2,
        "marketing",
        "marketing",
        "house",
    )
    assert (entry.communication, entry.audience, entry.tables) == ("newsletter", "seller", ("customer_profiles",))
    assert entry.columns == house.policy.table("customer_profiles").names_for("marketing")
    assert (entry.policy_version, entry.protection) == ("1.4", "plain")
    assert house.registry.check_disclosures() is None
    for words in (
        "2 sellers for newsletter, given to house",
        "disclosure 1",
        "1, refused newsletter (R28)",
        "1, no longer",
    ):
        assert words in " ".join(text.split())


def test_r28_an_opt_out_counts_from_the_next_export_on_without_a_night(house: House, tmp_path: Path) -> None:
    first = disclose(house, NEWSLETTER, tmp_path / "first.json", None, role="marketing")
    register(house, [form("S-plain", "seller", ["newsletter"], at=REGISTERED.replace(month=11))])
    second = disclose(house, NEWSLETTER, tmp_path / "second.json", None, role="marketing")
    assert (first.rows, second.rows, second.left_out["opted_out"]) == (2, 1, 2)
    assert [entry.rows for entry in house.registry.disclosures()] == [2, 1]


def test_r28_an_opt_out_is_for_its_own_type_of_message(house: House, tmp_path: Path) -> None:
    services = disclose(house, Mailing("services", "seller"), tmp_path / "list.json", None, role="marketing")
    assert (services.rows, services.left_out["opted_out"]) == (3, 0)
    news = Mailing("service_news", "customer")
    customers = disclose(house, news, tmp_path / "customers.json", None, role="marketing")
    # Whose role changed since the night is in neither list: the profile says seller, the registry customer.
    assert (customers.rows, customers.left_out["opted_out"]) == (1, 1)


def test_r11_children_and_who_opted_out_of_profiles_are_left_out_even_behind_the_door(house: House) -> None:
    rows = [profile(house.subjects.pseudonym(name), "seller", "regular") for name in (*PEOPLE, CHILD)]
    chosen = choose(mart("customer_profiles", rows), Mailing("services", "seller"), house.subjects)
    names = names_of(house, chosen.rows.column("customer").to_pylist())
    assert names == {"S-plain", "S-champion", "S-no-newsletter"}
    assert (chosen.withdrawn, chosen.elsewhere, chosen.opted_out) == (2, 3, 0)


@pytest.mark.parametrize(
    ("mailing", "words"),
    [
        (Mailing("newsletter", "customer"), r"newsletter may reach seller only \(R29\), not customer"),
        (Mailing("special_deals", "customer"), r"special_deals may reach seller only \(R29\)"),
        (Mailing("chain_letters", "seller"), r"declares no communication of that name \(R28\); it has: newsletter"),
        (Mailing("newsletter", "seller", "vendor"), r"may not be given marketing data \(R27\); these may: house"),
        (Mailing("newsletter", "seller", "stranger"), r"may not be given marketing data \(R27\)"),
        (Mailing("newsletter", "seller", segments=("rich",)), "there is no segment of that name; there are: champion"),
    ],
)
def test_what_the_policy_does_not_allow_is_wrong_use(
    house: House, tmp_path: Path, mailing: Mailing, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        check_mailing(house.policy, mailing)
    with pytest.raises(UsageError):
        disclose(house, mailing, tmp_path / "list.csv", None, role="marketing")
    assert not (tmp_path / "list.csv").exists()
    assert house.registry.disclosures() == []


def test_segments_choose_and_an_empty_list_is_a_disclosure_with_a_reason(
    house: House, run: Callable[..., str], tmp_path: Path
) -> None:
    best = disclose(
        house, Mailing("services", "seller", segments=("champion",)), tmp_path / "a.csv", None, role="marketing"
    )
    assert best.rows == 1
    out = tmp_path / "none.parquet"
    words = ("export", "-o", str(out), "--audience", "seller", "--for", "services", "--segment", "lost", "--plain")
    text = " ".join(run(*words).split())
    assert "0 sellers for services" in text
    assert "the file has its columns only: there are no profiles of the audience seller in these segments" in text
    empty = pq.read_table(out)
    assert (empty.num_rows, tuple(empty.column_names)) == (0, house.policy.table("customer_profiles").names)
    assert [entry.rows for entry in house.registry.disclosures()] == [1, 0]


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_every_form_has_the_same_rows(house: House, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"list.{ending}"
    disclose(house, NEWSLETTER, out, None, role="marketing", plain=True)
    if ending == "json":
        rows: list[dict[str, Any]] = json.loads(out.read_text())
        customers = [row["customer"] for row in rows]
        assert rows[0]["last_paths"][0]["path"] == "/tools/saw"
    else:
        table = pa_csv.read_csv(out) if ending == "csv" else pq.read_table(out)
        customers = table.column("customer").to_pylist()
        assert pc.sum(table.column("orders")).as_py() == 4
    assert customers == sorted(customers)
    assert names_of(house, customers) == {"S-plain", "S-champion"}


def test_a_file_without_a_known_ending_needs_its_form(house: House, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csv, parquet or json"):
        disclose(house, NEWSLETTER, tmp_path / "list.txt", None, role="marketing")
    assert disclose(house, NEWSLETTER, tmp_path / "list.txt", "csv", role="marketing").rows == 2


def test_r33_a_full_disk_leaves_an_entry_and_never_a_file_without_one(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "list.csv"
    out.write_text("an older list")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("footfall.exports.disclosing.os.fsync", full)
    with pytest.raises(ExportError, match="disclosure 1 stays in the ledger without a file"):
        disclose(house, NEWSLETTER, out, None, role="marketing")
    assert out.read_text() == "an older list"
    assert list(tmp_path.glob("list*")) == [out]


def test_r33_without_the_ledger_nothing_is_written(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, at: datetime, **__: object) -> None:
        raise FootfallError(f"the ledger cannot be written at {at:%H}")

    monkeypatch.setattr(type(house.registry), "disclose", broken)
    with pytest.raises(FootfallError, match="the ledger cannot be written"):
        disclose(house, NEWSLETTER, tmp_path / "list.csv", None, role="marketing")
    assert list(tmp_path.glob("list*")) == []


def test_a_folder_that_is_not_there_hands_out_nothing(house: House, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="nothing was handed out"):
        disclose(house, NEWSLETTER, tmp_path / "no" / "list.csv", None, role="marketing")
    assert house.registry.disclosures() == []
