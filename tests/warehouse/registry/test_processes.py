"""Two processes share one registry; one of them is killed."""

import multiprocessing
import os
import signal
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.warehouse.registry.forms import AT, NOBODY, FixedKeys, Form, minutes, numbers, table
from warehouse.registry import Registry, Subjects, schema
from warehouse.registry.subjects import rows

ROUNDS = 12


def take_all(url: str, partition: int) -> None:
    """Be a worker: take in forms of the same people as the other one, in many commits."""
    with Registry.open(url) as registry:
        subjects = Subjects(registry, FixedKeys(), lambda: AT)
        for number in range(ROUNDS):
            sent = [forms_of(partition, number, person) for person in range(5)]
            subjects.commit(table(sent), NOBODY, app_id=f"a/b/{partition}", start=number, end=number + 1)


def forms_of(partition: int, number: int, person: int) -> Form:
    at = AT + timedelta(minutes=(number * 7 + partition * 3 + person) % 31)
    return Form(f"c-{person}", f"e-{partition}-{number}-{person}", at, email=f"{partition}.{number}@example.org")


def disclose_all(url: str, partition: int) -> None:
    with Registry.open(url) as registry:
        for number in range(ROUNDS):
            registry.disclose(
                at=AT, who=f"job {partition}", role="marketing", purpose="marketing", recipient="house",
                tables=["customer_profiles"], columns=["customer"], rows=number, policy_version="1.4",
            )  # fmt: skip


def die_at_the_mark(url: str) -> None:
    """Be a worker that is killed when all rows are written, and the mark is not."""
    with Registry.open(url) as registry, pytest.MonkeyPatch.context() as patch:
        subjects = Subjects(registry, FixedKeys(), lambda: AT)
        patch.setattr(schema, "insert_or_update", _kill)
        subjects.commit(
            table([Form("c-1", "e-2", minutes(1), email="new@example.org")]), numbers(7), app_id="a", start=1, end=2
        )


def _kill(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(*processes: tuple[Any, ...]) -> list[int | None]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warehouse.registry"])
    running = [context.Process(target=target, args=arguments) for target, *arguments in processes]
    for process in running:
        process.start()
    for process in running:
        process.join(120)
    return [process.exitcode for process in running]


def test_two_workers_come_to_the_same_as_one(url: str, registry: Registry) -> None:
    assert run((take_all, url, 0), (take_all, url, 1)) == [0, 0]
    subjects = Subjects(registry, FixedKeys(), lambda: AT)
    assert [subjects.mark(f"a/b/{partition}") for partition in (0, 1)] == [ROUNDS, ROUNDS]
    for person in range(5):
        sent = [forms_of(partition, number, person) for partition in (0, 1) for number in range(ROUNDS)]
        newest = max(sent, key=lambda form: (form.event_time, form.event_id))
        account = subjects.account(f"c-{person}")
        assert account is not None
        assert (account.person.event_id, account.person.email) == (newest.event_id, newest.email)
        assert account.registered_at == min(form.event_time for form in sent)


def test_two_processes_keep_one_chain(url: str, registry: Registry) -> None:
    assert run((disclose_all, url, 0), (disclose_all, url, 1)) == [0, 0]
    found = registry.disclosures()
    assert [one.number for one in found] == list(range(1, 2 * ROUNDS + 1))
    assert sorted((one.who, one.rows) for one in found) == [(f"job {job}", n) for job in (0, 1) for n in range(ROUNDS)]
    assert registry.check_disclosures() is None


def test_a_commit_that_is_killed_changes_nothing(url: str, registry: Registry) -> None:
    subjects = Subjects(registry, FixedKeys(), lambda: AT)
    subjects.commit(table([Form("c-1", "e-1")]), NOBODY, app_id="a", start=0, end=1)
    before = subjects.account("c-1")
    assert run((die_at_the_mark, url)) == [-signal.SIGKILL]
    assert (subjects.mark("a"), subjects.account("c-1"), subjects.children().tolist()) == (1, before, [])
    with registry.read() as connection:
        assert connection.execute(sa.select(schema.erasures)).all() == []
        assert rows.mark_of(connection, "a") == 1
