"""Who registered: the newest form counts, opt-outs hold, a child is forgotten at once (R10, R14, R28)."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from tests.warehouse.registry.forms import AT, NOBODY, Form, minutes, numbers, table
from transform.pseudonyms import pseudonyms
from warehouse.keyring import Keyring, KeyringError, MasterKey
from warehouse.registry import Erasure, FencedError, Registry, RegistryError, Subjects, schema
from warehouse.registry.subjects import rows

APP = "cluster/topic/0"


def take(subjects: Subjects, *forms: Form, children: tuple[int, ...] = (), app_id: str = APP) -> bool:
    """Commit forms behind what is there."""
    start = subjects.mark(app_id) or 0
    end = start + len(forms) + len(children)
    return subjects.commit(table(forms), numbers(*children), app_id=app_id, start=start, end=end)


def customers(found: pa.Table) -> list[int]:
    numbers: list[int] = found.column("customer").to_pylist()
    return numbers


def test_an_empty_registry_answers(subjects: Subjects) -> None:
    assert subjects.mark(APP) is None
    assert subjects.children().tolist() == []
    assert subjects.registered().num_rows == 0
    assert subjects.hidden().schema == pa.schema([pa.field("customer", pa.int64(), nullable=False)])
    assert customers(subjects.opted_out("newsletter")) == []
    assert subjects.account("c-1") is None
    assert subjects.erasures() == []


def test_a_form_is_opened_again(subjects: Subjects) -> None:
    form = Form(
        *("c-1", "e-1", AT, "seller", "Jörg Canary", "jörg@example.org", "1.4", "DE", "Canary Works", "+447700900123"),
        opt_out=("newsletter", "products"),
        auto_login_opt_in=True,
    )
    assert take(subjects, form)
    account = subjects.account("c-1")
    assert account is not None
    person = account.person
    assert (person.customer_id, person.name, person.email) == ("c-1", "Jörg Canary", "jörg@example.org")
    assert (person.country, person.company, person.phone) == ("DE", "Canary Works", "+447700900123")
    assert (account.role, account.policy_version, account.auto_login_opt_in) == ("seller", "1.4", True)
    assert (account.registered_at, account.changed_at, account.opt_out) == (AT, AT, ("newsletter", "products"))
    assert subjects.account("c-2") is None


def test_the_registered_are_known_by_the_number_of_the_lake(subjects: Subjects, keyring: Keyring) -> None:
    ids = ["c-1", "C-1", "ünï", "s-2"]
    take(subjects, *(Form(one, role="seller" if one == "s-2" else "customer") for one in ids))
    numbers_of = dict(zip(ids, pseudonyms(pa.array(ids), keyring.purpose_key("profile")).tolist(), strict=True))
    assert {one: subjects.pseudonym(one) for one in ids} == numbers_of
    found = subjects.registered()
    assert found.schema.names == ["customer", "role", "registered_at"]
    assert found.schema.field("registered_at").type == pa.timestamp("us", "UTC")
    assert customers(found) == sorted(numbers_of.values())
    assert {row["customer"]: row["role"] for row in found.to_pylist()}[numbers_of["s-2"]] == "seller"
    assert set(found.column("registered_at").to_pylist()) == {AT}


def test_no_number_of_the_lake_stands_in_the_registry(subjects: Subjects, registry: Registry) -> None:
    take(subjects, *(Form(f"c-{number}", opt_out=("profile",)) for number in range(50)))
    mine = {subjects.pseudonym(f"c-{number}") for number in range(50)}
    with registry.read() as connection:
        for one in schema.metadata.sorted_tables:
            stored = {value for row in connection.execute(sa.select(one)) for value in row if isinstance(value, int)}
            assert not stored & mine, one.name


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_newest_form_counts(subjects: Subjects, *, newest_first: bool) -> None:
    forms = [
        Form("c-1", "e-1", minutes(0), email="old@example.org", phone="+447700900123", opt_out=("products",)),
        Form("c-1", "e-2", minutes(5), email="new@example.org", role="seller", policy_version="1.5"),
    ]
    for form in reversed(forms) if newest_first else forms:
        take(subjects, form)
    account = subjects.account("c-1")
    assert account is not None
    assert (account.person.email, account.person.phone, account.role) == ("new@example.org", None, "seller")
    assert (account.policy_version, account.registered_at, account.changed_at) == ("1.5", minutes(0), minutes(5))
    assert account.opt_out == ("products",)


@pytest.mark.parametrize("greater_first", [True, False])
def test_of_two_forms_of_one_moment_the_greater_event_id_counts(subjects: Subjects, *, greater_first: bool) -> None:
    forms = [Form("c-1", "e-1", email="one@example.org"), Form("c-1", "e-2", email="two@example.org")]
    for form in reversed(forms) if greater_first else forms:
        take(subjects, form)
    account = subjects.account("c-1")
    assert account is not None
    assert account.person.email == "two@example.org"


def test_opting_out_hides_and_opting_in_again_shows(subjects: Subjects) -> None:
    number = subjects.pseudonym("c-1")
    take(subjects, Form("c-1", "e-1", minutes(0), opt_out=("newsletter", "profile")))
    assert customers(subjects.hidden()) == customers(subjects.opted_out("newsletter")) == [number]
    assert customers(subjects.registered()) == customers(subjects.opted_out("products")) == []
    take(subjects, Form("c-1", "e-2", minutes(1)))
    assert customers(subjects.hidden()) == [number]
    take(subjects, Form("c-1", "e-3", minutes(2), opt_out=("products",)))
    assert customers(subjects.hidden()) == customers(subjects.opted_out("newsletter")) == []
    assert customers(subjects.registered()) == customers(subjects.opted_out("products")) == [number]
    take(subjects, Form("c-1", "e-4", minutes(3), opt_out=()))
    assert customers(subjects.opted_out("products")) == []


def test_an_opt_out_that_comes_late_does_not_undo_a_later_one(subjects: Subjects) -> None:
    take(subjects, Form("c-1", "e-2", minutes(2), opt_out=("products",)))
    take(subjects, Form("c-1", "e-1", minutes(1), opt_out=()))
    assert customers(subjects.opted_out("products")) == [subjects.pseudonym("c-1")]


def test_what_is_not_spelled_like_a_type_of_communication_is_not_kept(subjects: Subjects) -> None:
    take(subjects, Form("c-1", opt_out=("newsletter", "joan.canary@example.org", "Newsletter", "")))
    account = subjects.account("c-1")
    assert account is not None
    assert account.opt_out == ("newsletter",)


def test_a_child_is_forgotten_at_once_and_for_good(subjects: Subjects, registry: Registry, tmp_path: Path) -> None:
    take(subjects, Form("c-1", opt_out=("newsletter",)), Form("c-2"))
    child = subjects.pseudonym("c-1")
    with registry.read() as connection:
        wrapped = set(connection.execute(sa.select(schema.subject_keys.c.wrapped)).scalars())
    take(subjects, children=(child,))
    assert subjects.children().tolist() == customers(subjects.hidden()) == [child]
    assert subjects.account("c-1") is None
    assert customers(subjects.registered()) == [subjects.pseudonym("c-2")]
    assert customers(subjects.opted_out("newsletter")) == []
    with registry.read() as connection:
        counts = [
            connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one()
            for one in (schema.subjects, schema.subject_keys, schema.opt_outs)
        ]
        (gone,) = wrapped - set(connection.execute(sa.select(schema.subject_keys.c.wrapped)).scalars())
    assert counts == [1, 1, 0]
    assert gone not in b"".join(file.read_bytes() for file in (tmp_path / "registry").iterdir())
    assert subjects.erasures() == [Erasure(child, "child", "queued", AT)]
    take(subjects, Form("c-1", "e-9", AT + timedelta(days=4000)))
    take(subjects, Form("c-1", "e-0", AT - timedelta(days=4000)), children=(child,))
    assert subjects.account("c-1") is None
    assert subjects.erasures() == [Erasure(child, "child", "queued", AT)]


def test_a_child_found_beside_forms_of_its_own_is_not_stored(subjects: Subjects) -> None:
    take(subjects, Form("c-1", "e-1"), Form("c-2"), children=(subjects.pseudonym("c-1"),))
    assert subjects.account("c-1") is None
    assert customers(subjects.registered()) == [subjects.pseudonym("c-2")]


def test_a_reader_in_the_way_does_not_keep_a_child(
    subjects: Subjects, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(subjects, Form("c-1"))
    registry.forget_old_pages()
    with registry.read() as connection:
        connection.execute(sa.select(schema.keys)).all()
        monkeypatch.setattr("warehouse.registry.registry.forget_old_pages", _in_the_way)
        assert take(subjects, children=(subjects.pseudonym("c-1"),))
    assert subjects.account("c-1") is None


def _in_the_way(_: sa.Engine) -> None:
    raise RegistryError("another program has been reading")


def test_without_its_key_a_subject_is_gone(subjects: Subjects, registry: Registry) -> None:
    take(subjects, Form("c-1", opt_out=("newsletter", "profile")), Form("c-2"))
    with registry.write() as connection:
        connection.execute(sa.delete(schema.subject_keys))
    assert subjects.account("c-1") is None
    assert customers(subjects.registered()) == customers(subjects.opted_out("newsletter")) == []
    take(subjects, Form("c-1", "e-0", minutes(-5)))
    account = subjects.account("c-1")
    assert account is not None
    assert (account.changed_at, account.opt_out) == (minutes(-5), ())


@pytest.mark.parametrize("table_of", [schema.subjects, schema.subject_keys], ids=["sealed", "wrapped"])
def test_rows_that_change_places_open_nothing(subjects: Subjects, registry: Registry, table_of: sa.Table) -> None:
    take(subjects, Form("c-canary-1"), Form("c-canary-2"))
    column = table_of.c["sealed" if table_of is schema.subjects else "wrapped"]
    with registry.write() as connection:
        (one, first), (two, second) = connection.execute(sa.select(table_of.c.subject, column)).all()
        for subject, content in ((one, second), (two, first)):
            connection.execute(sa.update(table_of).where(table_of.c.subject == subject).values({column: content}))
    with pytest.raises(RegistryError, match=r"^a subject's row in the registry cannot be opened: ") as caught:
        subjects.registered()
    assert "canary" not in str(caught.value)
    assert str(one) not in str(caught.value)


def test_a_row_of_a_later_program_is_refused(subjects: Subjects, registry: Registry) -> None:
    take(subjects, Form("c-1"))
    with registry.write() as connection:
        sealed = connection.execute(sa.select(schema.subjects.c.sealed)).scalar_one()
        connection.execute(sa.update(schema.subjects).values(sealed=b"\x02" + sealed[1:]))
    with pytest.raises(RegistryError, match="written by a later program"):
        subjects.account("c-1")


def test_marks_decide_what_is_written(subjects: Subjects) -> None:
    assert subjects.commit(table([Form("c-1")]), NOBODY, app_id=APP, start=0, end=10)
    assert subjects.mark(APP) == 10
    assert not subjects.commit(table([Form("c-1", email="x@example.org")]), NOBODY, app_id=APP, start=0, end=10)
    for start, end in ((0, 9), (5, 20), (9, 11)):
        with pytest.raises(FencedError) as caught:
            subjects.commit(table([Form("c-2")]), NOBODY, app_id=APP, start=start, end=end)
        assert caught.value.mark == 10
        assert str(caught.value) == (
            f"registry: the mark of {APP} stands at 10, but this worker holds offsets {start} to {end}. "
            "Is a second worker running without the group?"
        )
    assert subjects.account("c-2") is None
    assert subjects.commit(table([Form("c-2")]), NOBODY, app_id=APP, start=12, end=13)
    assert (subjects.mark(APP), subjects.mark("cluster/topic/1")) == (13, None)


def test_a_new_master_opens_all_subjects(subjects: Subjects, registry: Registry, keyring: Keyring) -> None:
    take(subjects, Form("c-1"), Form("c-2"))
    before = [subjects.account("c-1"), subjects.account("c-2")]
    new = MasterKey(secrets.token_bytes(32))
    keyring.rotate_master(new)
    again = Subjects(registry, Keyring(registry, new, lambda: AT), lambda: AT)
    assert [again.account("c-1"), again.account("c-2")] == before
    stranger = Subjects(registry, Keyring(registry, MasterKey(bytes(range(32))), lambda: AT), lambda: AT)
    with pytest.raises(KeyringError, match="does not open"):
        stranger.account("c-1")


def test_asking_makes_no_key(subjects: Subjects, keyring: Keyring) -> None:
    subjects.children()
    subjects.mark(APP)
    assert keyring.status() == []


def test_people_are_sealed_while_others_write_and_nothing_of_theirs_is_lost(
    subjects: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between sealing and writing another worker takes newer forms: one person's own, a child's, and one that refuses more."""
    take(subjects, Form("c-1", "e-1", minutes(1), name="First"), Form("c-2", "e-2", minutes(1)), Form("c-4", "e-4"))
    child = Form("c-3", "e-3", minutes(2))
    prepare = rows.prepare

    def others_first(*arguments: Any) -> Any:
        prepared = prepare(*arguments)
        monkeypatch.undo()
        newer = Form("c-1", "e-9", minutes(9), name="Newest"), Form("c-2", "e-8", minutes(8), opt_out=("newsletter",))
        assert take(subjects, *newer, children=(subjects.pseudonym("c-3"),), app_id="cluster/topic/1")
        return prepared

    monkeypatch.setattr(rows, "prepare", others_first)
    assert take(
        subjects, Form("c-1", "e-5", minutes(5), name="Late"), Form("c-2", "e-6", minutes(6)), child, Form("c-5")
    )
    accounts = {one: subjects.account(one) for one in ("c-1", "c-2", "c-3", "c-4", "c-5")}
    first, second = accounts["c-1"], accounts["c-2"]
    assert first is not None
    assert (first.person.name, first.changed_at) == ("Newest", minutes(9))
    assert second is not None
    assert (second.opt_out, second.registered_at) == (("newsletter",), minutes(1))
    assert accounts["c-3"] is None
    assert None not in (accounts["c-4"], accounts["c-5"])
