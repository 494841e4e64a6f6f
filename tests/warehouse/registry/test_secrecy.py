"""A search of the registry's files finds nobody (R47), and neither does a reader of what the program prints."""

from pathlib import Path

import numpy as np

from tests.warehouse.registry.forms import AT, NOBODY, Form, minutes, numbers, table
from warehouse.keyring import Keyring
from warehouse.registry import Registry, Subjects, sqlite_url

PLANTED = Form(
    customer_id="c314159-canaryid",
    event_id="5f0e6a52-1c1c-4c1c-8c1c-canaryevent1",
    name="Philomena Canarybird",
    email="philomena@canary.example",
    country="QX",
    company="Canary Seed Works",
    phone="+447700900999",
    opt_out=("newsletter",),
)
CHANGED = Form(
    customer_id=PLANTED.customer_id,
    event_id="5f0e6a52-1c1c-4c1c-8c1c-canaryevent2",
    event_time=minutes(9),
    name="Philomena Canaryhawk",
    email="hawk@canary.example",
    opt_out=("products", "hawk@canary.example"),
)
SOUGHT = [
    text.encode()
    for form in (PLANTED, CHANGED)
    for text in (form.customer_id, form.event_id, form.name, form.email, form.company, form.phone)
    if text
]


def found_in(folder: Path) -> list[bytes]:
    """Give the planted texts that stand in the files of the registry, in whatever letters."""
    files = sorted((folder / "registry").iterdir())
    assert "registry.db" in [file.name for file in files]
    content = b"".join(file.read_bytes() for file in files).lower()
    wide = [text.decode().encode("utf-16-le") for text in SOUGHT]
    return [text for text in [*SOUGHT, *wide, b"canary"] if text.lower() in content]


def test_nobody_is_found_in_the_files(registry: Registry, subjects: Subjects, tmp_path: Path) -> None:
    many = [Form(f"c{number}-canary", email=f"canary{number}@canary.example") for number in range(300)]
    subjects.commit(table([PLANTED, *many]), NOBODY, app_id="a", start=0, end=1)
    assert (tmp_path / "registry" / "registry.db-wal").stat().st_size > 0
    assert found_in(tmp_path) == []
    subjects.commit(table([CHANGED]), NOBODY, app_id="a", start=1, end=2)
    account = subjects.account(PLANTED.customer_id)
    assert account is not None
    assert account.person.email == CHANGED.email
    assert found_in(tmp_path) == []
    subjects.commit(table([]), numbers(subjects.pseudonym(PLANTED.customer_id)), app_id="a", start=2, end=3)
    assert subjects.account(PLANTED.customer_id) is None
    assert found_in(tmp_path) == []
    registry.close()
    assert found_in(tmp_path) == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """The same search, on a file in which somebody does stand."""
    with Registry.open(sqlite_url(tmp_path)) as registry:
        registry.note_finding("kind", "", PLANTED.email, AT)
        assert PLANTED.email.encode() in found_in(tmp_path)


def test_no_key_of_a_subject_stands_in_the_files(
    registry: Registry, subjects: Subjects, keyring: Keyring, tmp_path: Path
) -> None:
    subjects.commit(table([PLANTED]), np.empty(0, np.int64), app_id="a", start=0, end=1)
    with registry.read() as connection:
        (row,) = connection.exec_driver_sql("select subject, wrapped from subject_keys").all()
    key = subjects._seals.unwrap(row.subject, row.wrapped)
    keys = [key, *(keyring.purpose_key(name) for name in ("subjects", "service", "profile", "profile_link"))]
    content = b"".join(file.read_bytes() for file in (tmp_path / "registry").iterdir())
    assert len(set(keys)) == 5
    assert not any(one in content for one in keys)
    shown = f"{subjects!r} {subjects._seals!r} {subjects}"
    assert not any(one.hex() in shown or repr(one)[2:-1] in shown for one in keys)
