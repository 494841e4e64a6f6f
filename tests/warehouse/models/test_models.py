"""Every model keeps to the portable subset; what breaks it is told. Cases are in tests/data/model_breaches.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from msgspec import Struct, convert

from policy import load_policy
from warehouse import models as models_package
from warehouse.models import ModelError, lineage, load_models, read_model, view_text
from warehouse.models.lint import breaches, check_models

CASES = Path(__file__).parents[2] / "data" / "model_breaches.toml"
HEAD = "/*\nname: mine\nkind: by_day\nquestion: Which?\ninputs: [t]\ntable: mine\nkeys: [a]\n*/\n"


class Case(Struct, forbid_unknown_fields=True):
    why: str
    sql: str
    says: list[str]


def _cases() -> list[Case]:
    return [convert(case, Case) for case in tomllib.loads(CASES.read_text("utf-8"))["case"]]


def test_the_file_of_cases_says_nothing_else() -> None:
    assert list(tomllib.loads(CASES.read_text("utf-8"))) == ["case"]


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.why)
def test_breaches_are_told(case: Case) -> None:
    found = list(breaches(read_model("mine.sql", HEAD + case.sql)))
    assert len(found) == len(case.says), found
    for said in case.says:
        assert any(said in finding for finding in found), (said, found)


def test_the_shipped_models_keep_to_the_subset() -> None:
    check_models(load_models())


def test_each_model_comes_after_what_it_reads() -> None:
    models = load_models()
    names = [model.head.name for model in models]
    for at, model in enumerate(models):
        assert all(one in names[:at] for one in model.head.inputs if one in names)
    referrers = next(model for model in models if model.head.name == "referrer_daily")
    assert [model.head.name for model in lineage(referrers, models)] == [
        "page_views",
        "counting_days",
        "counted_views",
        "referrals",
        "referrer_daily",
    ]


def test_models_read_and_make_only_what_the_policy_declares() -> None:
    """The hits that models see are for operations, and every mart and release has exactly its declared columns (R3)."""
    plimus, added = load_policy(), {"policy_version", "released_at", "visitors_exact", "groups"}
    for model in load_models():
        if model.head.table is None:
            continue
        declared = plimus.tables[model.head.table]
        assert declared.kind == "mart"
        columns = [column for column in declared.names if column not in added]
        assert model.head.keys == tuple(columns[: len(model.head.keys)])
        nullable = {column.name for column in declared.columns if column.nullable}
        told = set(columns) - {"event_date", "site", "customer"} - nullable - set(model.head.nested)
        assert set(model.head.audits.not_null) == told
        if model.head.release:
            release = plimus.tables[model.head.release.table]
            assert release.kind == "release"
            assert {name for name in release.names if name not in added} == set(columns)
            assert model.head.release.cells.columns == model.head.keys[2:]


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("mine.sql", "select 1 as a", "expected a YAML head"),
        ("mine.sql", "/*\nname: [\n*/\nselect 1 as a", "its head cannot be read"),
        ("mine.sql", HEAD.replace("keys: [a]", "colour: green") + "select 1 as a", "unknown field `colour`"),
        ("mine.sql", HEAD.replace("keys: [a]\n", "") + "select 1 as a", "names its table and its keys"),
        ("other.sql", HEAD + "select 1 as a", "file and model have one name"),
        ("mine.sql", HEAD.replace("by_day", "whole").replace("table: mine\n", "") + "select 1 as a", "names its table"),
        ("mine.sql", HEAD.replace("\n*/", "\nnested: {m: {}}\n*/") + "select 1 as a", "m is a map_of or a list_of"),
        ("mine.sql", HEAD.replace("\n*/", "\ndays_before: {t: 0}\n*/") + "select 1 as a", "its head cannot be read"),
    ],
)
def test_a_malformed_model_is_refused(file: str, text: str, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_model(file, text)
    assert says in str(caught.value)
    assert str(caught.value).startswith(file)


def test_a_mart_that_is_made_whole_has_a_total_order_too() -> None:
    model = read_model("mine.sql", HEAD.replace("by_day", "whole") + "select t.a as a from t as t")
    assert list(breaches(model)) == ["the order lacks the key a, so rows could change places from run to run"]


def test_nested_columns_come_after_what_they_are_made_of() -> None:
    models = load_models()
    names = [model.head.name for model in models]
    for model in models:
        assert all(names.index(column.rows) < names.index(model.head.name) for column in model.head.nested.values())
    (profiles,) = (model for model in models if model.head.name == "customer_profiles")
    assert {"customer_daily", "customer_steps", "customer_last_paths", "customer_categories"} < {
        part.head.name for part in lineage(profiles, models)
    }


def test_no_model_reads_both_kinds_of_rows_but_to_count_them() -> None:
    """No purpose sees casual visitors and customers row by row; what the door shows as page views is hits alone (T4)."""
    models = load_models()
    both = {
        model.head.name
        for model in models
        if {"hits", "customer_events"} <= {name for part in lineage(model, models) for name in part.head.inputs}
    }
    marts = {"geo_daily", "page_daily", "referrer_daily", "agent_daily", "crowd_daily"}
    assert both == {"counted_views", "referrals", "agent_names", *marts}
    assert "customer_events" not in view_text("page_views")


def test_rooms_tell_the_story_in_order() -> None:
    """The package's own list of rooms is whole, and no model reads a room that comes later."""
    folder = Path(str(models_package.__file__)).parent
    story = re.findall(r"^(\w+): ", str(models_package.__doc__), re.MULTILINE)
    room_of = {path.stem: path.parent.name for path in folder.rglob("*.sql")}
    assert sorted(story) == sorted(set(room_of.values()))
    for model in load_models():
        before = story[: story.index(room_of[model.head.name]) + 1]
        assert {room_of[name] for name in model.head.reads if name in room_of} <= set(before), model.head.name


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    for room in ("here", "there"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "mine.sql").write_text(HEAD + "select t.a as a from t as t order by a")
    with pytest.raises(ModelError, match=r"mine\.sql is there twice"):
        load_models(tmp_path)


def test_models_in_a_circle_are_refused(tmp_path: Path) -> None:
    head = "/*\nname: {name}\nkind: view\nquestion: Which?\ninputs: [{reads}]\n*/\nselect t.a as a from {reads} as t\n"
    for name, reads in (("one", "two"), ("two", "one"), ("three", "hits")):
        (tmp_path / f"{name}.sql").write_text(head.format(name=name, reads=reads))
    with pytest.raises(ModelError, match="one, two read something that nobody makes, or one another"):
        load_models(tmp_path)


def test_all_breaches_of_all_models_are_told_at_once() -> None:
    model = read_model("mine.sql", HEAD + "select * from t as t")
    with pytest.raises(ModelError, match=r"mine\.sql: the last select.*; mine\.sql: the key a"):
        check_models((model,))
