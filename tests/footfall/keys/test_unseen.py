"""No key and no password is shown: not by what holds it, not by a trace with all local variables, not by a pickle (R48)."""

import base64
import copy
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from rich.console import Console

from footfall.__main__ import VERBS, application
from footfall.house import House, now
from footfall.settings import Settings
from ingest.wire.connection import Connection
from tests.footfall.profile.customers_house import opened
from warehouse.exports.locking import ExportKey
from warehouse.keyring import Keyring, MasterKey
from warehouse.keys.secret import Secret
from warehouse.lake.files import Sealing, unlock
from warehouse.registry import schema
from warehouse.registry.subjects.sealing import Seals

OURS = ("footfall", "ingest", "warehouse", "transform", "policy")
PASSWORD = "swordfish-and-chips"
MASTER = bytes(range(100, 132))
TEXTS = ("environment", "sasl_password")
"""What is text by nature: it must not show by itself, and whoever asks for it by name gets it."""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Give a warehouse with people, files and keys of all kinds in memory, whose secrets stand in the environment."""
    monkeypatch.setenv("FOOTFALL_MASTER_KEY", MASTER.hex())
    monkeypatch.setenv("FOOTFALL_KAFKA_PASSWORD", PASSWORD)
    with opened(tmp_path / "site") as house:
        house.keyring.day_key(now().date())
        house.lake.table("customer_profiles").read()
        yield house


def keys_of(house: House) -> list[bytes]:
    held = list(house.keyring._keys.values())
    assert len(held) >= 6
    with house.registry.read() as connection:
        rows = connection.execute(sa.select(schema.subject_keys)).all()
    seals = Seals(house.keyring)
    return [MASTER, *held, *(seals.unwrap(row.subject, row.wrapped) for row in rows)]


def forms_of(keys: list[bytes]) -> list[str]:
    plain = [bytes(bytearray(key)) for key in keys]
    return [
        PASSWORD,
        *(form for key in plain for form in (key.hex(), repr(key)[2:-1], base64.b64encode(key).decode().rstrip("="))),
        *(str(list(key))[1:-1] for key in plain),
    ]


def reachable(root: Any) -> Iterator[Any]:
    """Give every object of our own packages that can be reached from one, and the tables of what they hold."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            yield one
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += list(one)
        elif type(one).__module__.split(".")[0] in OURS:
            yield one
            slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
            waiting += [getattr(one, name) for name in slots if hasattr(one, name)]
            if hasattr(one, "__dict__"):
                waiting.append({name: value for name, value in vars(one).items() if name not in TEXTS})


def test_nothing_that_holds_a_key_shows_it(house: House) -> None:
    context = house.context("intake", now(), lambda hashes: np.zeros(len(hashes), bool), lambda _: None)
    table = house.lake.table("customer_profiles")
    factory = unlock(table.name, table.files(), house.keyring)
    holders = [
        house,
        context,
        Sealing(("customer",), "profile", house.keyring),
        Seals(house.keyring),
        factory,
        ExportKey("export/2026-11/1", Secret(house.keyring.import_key())),
        Connection("localhost:9092", sasl_password=PASSWORD),
        Settings(registry=f"postgresql+psycopg://joan:{PASSWORD}@host/name"),
        MasterKey(MASTER),
    ]
    shown = [text for holder in holders for one in reachable(holder) for text in (repr(one), str(one), f"{one}")]
    console = Console(width=200, no_color=True)
    with console.capture() as captured:
        console.print(*holders)
    text = "\n".join([*shown, captured.get()])
    assert len(shown) > 100
    assert "Secret(…)" in text
    assert "'registry': '…'" not in text
    assert not [form for form in forms_of(keys_of(house)) if form in text]


def test_a_trace_with_all_local_variables_shows_no_key(house: House) -> None:
    """Ours are printed without; another program that calls us may do otherwise."""
    stranger = Keyring(house.registry, MasterKey(bytes(32)), now)
    (file,) = house.lake.table("customer_profiles").files()
    stored = bytearray(Path(file).read_bytes())
    stored[40] ^= 1  # the first column is the customer
    Path(file).write_bytes(stored)
    with house.registry.write() as connection:
        connection.execute(sa.update(schema.subjects).values(sealed=b"\1" + bytes(60)))
    tries: list[Callable[[], Any]] = [
        stranger.import_key,
        lambda: house.lake.table("customer_profiles").read(),
        house.subjects.registered,
        lambda: MasterKey.from_text(MASTER.hex()[:-2] + "zz"),
        lambda: pickle.dumps(house.keyring.import_key()),
    ]
    traces: list[str] = []
    for one in tries:
        try:
            one()
        except Exception as error:  # noqa: BLE001 - whatever it is
            traces += traceback.TracebackException.from_exception(error, capture_locals=True).format()
        else:
            pytest.fail("nothing was wrong")
    keys = [key for key in keys_of(house) if key != MASTER]  # the text of a variable is its owner's
    text = "".join(traces)
    assert "Secret(…)" in text
    assert not [form for form in forms_of(keys) if form in text]


def test_no_key_is_pickled_or_copied(house: House) -> None:
    for holder in (MasterKey(MASTER), house.keyring, house.keyring.import_key(), house.subjects, Seals(house.keyring)):
        for away in (pickle.dumps, copy.deepcopy):
            with pytest.raises((TypeError, AttributeError)):
                away(holder)


def test_a_secret_is_bytes_all_the_same() -> None:
    secret = Secret(b"0123456789abcdef")
    assert (secret, len(secret), hash(secret)) == (b"0123456789abcdef", 16, hash(b"0123456789abcdef"))
    assert (
        f"{secret} {secret!r} {secret!s} {secret:>40} %r" % secret
        == "Secret(…) Secret(…) Secret(…) Secret(…) Secret(…)"
    )


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_shows_local_variables_of_a_crash(verb: str) -> None:
    assert application((verb,)).pretty_exceptions_enable is False
