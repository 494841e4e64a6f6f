"""What is stored is a function of the set of forms: any order, any split, any repetition, any crash."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse.registry.forms import AT, FixedKeys, Form, minutes, numbers, table
from warehouse.registry import Registry, Subjects, schema, sqlite_url
from warehouse.registry.subjects.sealing import Seals

IDS: Final = ("c-1", "c-2", "c-3", "ç-4")
COMMUNICATIONS: Final = ("newsletter", "products", "profile")
SEALS: Final = Seals(FixedKeys())

forms: Final = st.builds(
    Form,
    customer_id=st.sampled_from(IDS),
    event_id=st.sampled_from(["e-1", "e-2", "e-3"]),
    event_time=st.integers(0, 3).map(minutes),
    role=st.sampled_from(["customer", "seller"]),
    name=st.sampled_from(["A", "B"]),
    phone=st.sampled_from([None, "", "1"]),
    opt_out=st.none() | st.lists(st.sampled_from(COMMUNICATIONS), max_size=2).map(tuple),
    auto_login_opt_in=st.sampled_from([None, True, False]),
)


class Commit(NamedTuple):
    """Some forms and children in one commit, how often it is tried, and whether its process dies in the middle first."""

    partition: int
    forms: list[Form]
    children: list[str]
    times: int
    dies: bool


class Died(Exception):  # noqa: N818 - it stands for no error
    """Stands for a crash in the middle of a transaction."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Form], list[str], list[list[Commit]]]:
    """Draw forms and children, and two ways in which they may arrive."""
    sent = draw(st.lists(forms, min_size=1, max_size=8))
    children = draw(st.lists(st.sampled_from(IDS), max_size=1))
    return sent, children, [draw(_commits(sent, children)) for _ in range(2)]


@st.composite
def _commits(draw: st.DrawFn, sent: list[Form], children: list[str]) -> list[Commit]:
    shuffled = draw(st.permutations([*sent, *draw(st.lists(st.sampled_from(sent), max_size=2)), *children]))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    return [
        Commit(
            draw(st.integers(0, 1)),
            [one for one in part if isinstance(one, Form)],
            [one for one in part if isinstance(one, str)],
            draw(st.integers(1, 2)),
            draw(st.booleans()),
        )
        for part in (shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True))
        if part
    ]


def stored_after(commits: Iterable[Commit], folder: Path) -> dict[str, Any]:
    """Run commits in a registry of their own, and give all that can be read of it."""
    with Registry.open(sqlite_url(folder)) as registry:
        subjects = Subjects(registry, FixedKeys(), lambda: AT)
        for commit in commits:
            app_id = f"cluster/topic/{commit.partition}"
            start = subjects.mark(app_id) or 0
            end = start + len(commit.forms) + len(commit.children)
            flagged = numbers(*(SEALS.customer(one) for one in commit.children))
            once = partial(subjects.commit, table(commit.forms), flagged, app_id=app_id, start=start, end=end)
            if commit.dies:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(schema, "insert_or_update", _die)
                    with pytest.raises(Died):
                        once()
            assert [once() for _ in range(commit.times)] == [True, False][: commit.times]
        return {
            "accounts": {one: subjects.account(one) for one in IDS},
            "registered": subjects.registered().to_pylist(),
            "hidden": subjects.hidden().to_pylist(),
            "opted out": [subjects.opted_out(one).to_pylist() for one in COMMUNICATIONS],
            "children": subjects.children().tolist(),
            "erasures": subjects.erasures(),
        }


def _die(*_: Any, **__: Any) -> None:
    raise Died


def _newest(mine: list[Form]) -> Form:
    return max(mine, key=lambda form: (form.event_time, form.event_id))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_any_order_split_and_repetition_gives_the_same(
    history: tuple[list[Form], list[str], list[list[Commit]]],
) -> None:
    sent, children, ways = history
    found = []
    for commits in ways:
        with TemporaryDirectory() as folder:
            found.append(stored_after(commits, Path(folder)))
    assert found[0] == found[1]
    for customer_id, account in found[0]["accounts"].items():
        mine = [form for form in sent if form.customer_id == customer_id]
        assert (account is not None) == (bool(mine) and customer_id not in children)
        if account is not None:
            newest, first = _newest(mine), min(form.event_time for form in mine)
            assert (account.changed_at, account.person.event_id) == (newest.event_time, newest.event_id)
            assert account.registered_at == first
            assert account.opt_out in _possible_opt_outs(mine)
            alike = [form for form in mine if _stamp(form) == _stamp(newest)]
            assert (account.role, account.person.phone) in [(form.role, form.phone) for form in alike]
    flagged = sorted(SEALS.customer(one) for one in set(children))
    assert found[0]["children"] == flagged
    assert [erasure.customer for erasure in found[0]["erasures"]] == flagged


def _stamp(form: Form) -> tuple[datetime, str]:
    return form.event_time, form.event_id


def _possible_opt_outs(mine: list[Form]) -> list[tuple[str, ...]]:
    """Give what the newest forms that say something refuse: several when one event id came with several contents."""
    said = [form for form in mine if form.opt_out is not None]
    if not said:
        return [()]
    newest = _stamp(_newest(said))
    return [tuple(sorted(set(form.opt_out or ()))) for form in said if _stamp(form) == newest]
