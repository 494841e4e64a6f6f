import gzip
import re
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from is_bot import Bots

from transform.agents import classes, classify_agents
from transform.agents.classes import AGENT_LENGTH_MAX
from transform.agents.names import names
from transform.agents.robots import (
    NO_NAME_LABEL,
    OTHER_LABEL,
    _patterns,
    _without_looks,
    are_robots,
    kinds_of,
    labels_of,
)

COLUMNS = ("device", "browser", "system", "is_bot", "bot_kind", "bot_label")


def cases() -> list[dict[str, Any]]:
    text = (Path(__file__).parents[2] / "data" / "agents.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["case"]
    for case in listed:
        assert {"why", "agent", "device", "browser", "system"} <= case.keys()
        assert case.keys() <= {"why", "agent", "device", "browser", "system", "kind", "label"}
    return listed


def real_agents(shared: Path) -> pa.StringArray:
    with gzip.open(shared / "weblogs" / "apache_logs.gz") as log:
        found = (re.search(rb'"([^"]*)"?$', line.rstrip()) for line in log)
        return pa.array(sorted({match[1].decode() for match in found if match}))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_a_case(case: dict[str, Any]) -> None:
    (row,) = classify_agents(pa.array([case["agent"]])).to_pylist()
    expected = [case[name] for name in ("device", "browser", "system")]
    assert [row[name] for name in COLUMNS] == [*expected, "kind" in case, case.get("kind"), case.get("label")]


def test_no_agent_is_a_robot_without_a_name() -> None:
    table = classify_agents(pa.array(["-", "", " "], pa.string()))
    assert table.column("is_bot").to_pylist() == [True] * 3
    assert table.column("bot_label").to_pylist() == [NO_NAME_LABEL] * 3


def test_a_log_that_names_no_agents_is_not_a_log_of_robots() -> None:
    """The common format has no such field; its visitors are people of whom nothing is known."""
    (row,) = classify_agents(pa.array([None], pa.string())).to_pylist()
    assert row == {
        "device": "Other",
        "browser": "Other",
        "system": "Other",
        "is_bot": False,
        "bot_kind": None,
        "bot_label": None,
    }


def test_no_agents_at_all() -> None:
    table = classify_agents(pa.array([], pa.string()))
    assert table.num_rows == 0
    assert table.column_names == list(COLUMNS)


def test_robots_of_a_real_log_are_those_of_is_bot(shared: Path) -> None:
    agents = real_agents(shared)
    bots = Bots()
    assert are_robots(agents).tolist() == [bots.is_bot(agent) for agent in agents.to_pylist()]


SIGNS = "()/;:,.%@|+-_ 7\n\x0b\t\xe9\u0130\uff12\u017f\u212a"
WORDS = (
    "Mozilla/5.0 |bot|cubot| cubot|google|wv|news|gnews|scan|camscan|http|libhttp|java|java;|monitor|monitorx|search|php"
    "|Agent|a.ai|.com"
)
PIECES = st.sampled_from([*SIGNS, *WORDS.split("|")])


@settings(max_examples=60)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), min_size=1, max_size=30))
def test_robots_are_those_of_is_bot(agents: list[str]) -> None:
    bots = Bots()
    assert are_robots(pa.array(agents)).tolist() == [bots.is_bot(agent) for agent in agents]


@pytest.mark.parametrize(
    ("pattern", "rest"),
    [
        ("(?<! cu)bots?(?:\\b|_)", "bots?(?:\\b|_)"),
        ("a(?!(?:b|c(?=d))e[)(])f", "af"),
        (r"\((?!\))[()(?!]x", r"\([()(?!]x"),
        ("[](?!]y(?<=[)])z", "[](?!]yz"),
        (r"(?:^|[^g])news", r"(?:^|[^g])news"),
    ],
)
def test_a_pattern_without_its_looks(pattern: str, rest: str) -> None:
    assert _without_looks(pattern) == rest


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_a_pattern_without_its_looks_finds_all_that_it_found(agent: str) -> None:
    _, looking, without_looks = _patterns()
    if agent.isascii() and agent.isprintable() and looking.search(agent):
        assert pc.match_substring_regex(pa.array([agent]), without_looks, ignore_case=True).to_pylist() == [True]


def test_people_alone_have_no_kinds_and_no_labels() -> None:
    nobody = pa.array([], pa.string())
    assert (kinds_of(nobody).to_pylist(), labels_of(nobody).to_pylist()) == ([], [])


def shown_words() -> set[str | bool | None]:
    known = names()
    words: set[str | bool | None] = {None, True, False, OTHER_LABEL, NO_NAME_LABEL}
    words |= {"Bot", "Desktop", "Phone", "Tablet", "Other"}
    words |= {kind.name for kind in known.kinds} | {label for kind in known.kinds for label in kind.labels}
    return words | {*known.browsers.values(), *known.systems.values()}


TEMPLATES = st.sampled_from(
    (
        "{}",
        "{}/1.0 CFNetwork/672",
        "{}-iPhone/1 CFNetwork/1",
        "{}bot/1.0",
        "Mozilla/5.0 (compatible; {}/1.0)",
        "{}@mail.example",
        "Mozilla/5.0 (X11; {}; Linux) Firefox/3.0 {}/2",
        "Mozilla/5.0 (Linux; Android 4; {} Build/1) Chrome/1",
        "{} Reader 1.0",
    )
)


@given(
    st.lists(st.tuples(TEMPLATES, st.from_regex(r"[A-Za-z][\w.@ -]{0,20}", fullmatch=True)), min_size=1, max_size=20)
)
def test_nothing_of_an_agent_comes_out_but_words_that_we_know(planted: list[tuple[str, str]]) -> None:
    table = classify_agents(pa.array([template.replace("{}", name) for template, name in planted]))
    assert {value for column in table.columns for value in column.to_pylist()} <= shown_words()


@given(st.text(max_size=60))
def test_any_text_is_an_agent(agent: str) -> None:
    (row,) = classify_agents(pa.array([agent])).to_pylist()
    assert set(row.values()) <= shown_words()


def test_classing_loads_no_reader_of_yaml_and_others_can_still_load_it() -> None:
    program = """
import sys
import pyarrow as pa
from transform.agents import classify_agents
print(classify_agents(pa.array(["Mozilla/5.0 (X11; Linux x86_64; rv:101.0) Gecko/20100101 Firefox/101.0"])).to_pylist()[0]["browser"])
print("yaml" in sys.modules)
import yaml
print(yaml.safe_load("a: 1"))
"""
    project = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["Firefox", "False", "{'a': 1}"]


def test_what_stands_far_right_is_not_read() -> None:
    far = "Mozilla/5.0 (Windows NT 10.0) " + "x " * (AGENT_LENGTH_MAX // 2)
    assert classify_agents(pa.array([far + " Googlebot/2.1"])).column("is_bot").to_pylist() == [False]


def test_labels_are_short_plain_words() -> None:
    labels = [label for kind in names().kinds for label in kind.labels]
    assert len({label.lower() for label in labels}) == len(labels)
    for label in labels:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._!-]{0,31}", label)


def test_each_label_finds_itself_as_a_robot_of_its_kind() -> None:
    listed = [(label, kind.name) for kind in names().kinds for label in kind.labels]
    robots = pa.array([f"{label}/1.0" for label, _ in listed])
    assert list(zip(labels_of(robots).to_pylist(), kinds_of(robots).to_pylist(), strict=True)) == listed


def test_a_family_is_listed_once() -> None:
    text = files("transform.agents").joinpath("names.toml").read_text(encoding="utf-8")
    for listed in ("browsers", "systems"):
        tables: dict[str, list[str]] = tomllib.loads(text)[listed]
        families = [family for shown, others in tables.items() for family in (shown, *others)]
        assert len(set(families)) == len(families)


def test_nearly_all_people_of_a_real_log_have_a_browser_that_we_know(shared: Path) -> None:
    classes = classify_agents(real_agents(shared))
    browsers = classes.filter(pc.invert(classes.column("is_bot"))).column("browser").to_pylist()
    assert browsers.count("Other") / len(browsers) < 0.01


def test_an_agent_that_came_before_has_the_class_it_had_and_is_not_kept() -> None:
    agents = [
        f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0" for number in (101, 102)
    ]
    first = classify_agents(pa.array([*agents, None, "-"]))
    again = classify_agents(pa.array(["-", agents[1], "curl/8.1", agents[0], None]))
    assert again.take([3, 1, 4, 0]).to_pylist() == first.to_pylist()
    assert again.column("is_bot").to_pylist() == [True, False, True, False, False]
    kept = str(classes._known)
    assert not [agent for agent in agents if agent in kept]


def test_classes_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "KNOWN_MAX", 3)
    for number in range(9):
        assert classify_agents(pa.array([f"agent {number}", "curl/8.1"])).column("is_bot").to_pylist()[1] is True
        assert len(classes._listed) <= len(classes._known) <= 3 + 2


@given(
    st.lists(
        st.sampled_from(["curl/8.1", "-", "", "Googlebot/2.1", "Mozilla/5.0 (X11; Linux x86_64) Firefox/101.0", None]),
        max_size=6,
    )
)
def test_classes_are_the_same_whatever_came_before(agents: list[str | None]) -> None:
    alone = pa.concat_tables([classes._classes(pa.array([agent], pa.string())) for agent in ["curl/8.1", *agents]])
    assert classify_agents(pa.array(agents, pa.string())).to_pylist() == alone.to_pylist()[1:]
