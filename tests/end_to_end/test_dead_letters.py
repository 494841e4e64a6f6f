"""Dead letters as their keeper sees them: counted, looked at, and replayed when the settings were mended (R54)."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from footfall.commands.health.dead_letters import LOCK
from footfall.letters.meaning import MEANINGS, meaning
from ingest.wire.broker.locks import try_lock
from tests.end_to_end.conftest import Footfall, everything_written
from tests.end_to_end.test_bad_input import only_line
from transform.reasons import Reason

SECRETS: Final = ("jane-secret", "203.0.113.77", "customer-4711")
SHOP: Final = '[sites.shop]\nhosts = ["shop.example"]\n'
BLOG: Final = SHOP + '[sites.blog]\nhosts = ["blog.example"]\n'


def events(tmp_path: Path) -> Path:
    """Write an event of the shop, three of a blog that nobody registered, and one that no setting mends."""
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    lines = []
    for number, site in enumerate(("shop", "blog", "blog", "blog")):
        fields = {
            "event_id": str(UUID(int=number + 1, version=4)),
            "site": site,
            "event_time": at,
            "url": f"https://{site}.example/{SECRETS[0]}@mail.example",
            "ip": SECRETS[1],
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
            **({"customer_id": SECRETS[2]} if number == 3 else {}),
        }
        lines.append(json.dumps(fields))
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join([*lines, f'{{"{SECRETS[0]}', ""]))
    return file


@pytest.fixture(scope="module")
def house(new_footfall: Callable[..., Footfall], tmp_path_factory: pytest.TempPathFactory) -> Footfall:
    """Make a warehouse with one row and four dead letters."""
    made = new_footfall(kafka=True).make()
    (made.data / "footfall.toml").write_text(SHOP)
    made("ship", "--source", "clickstream", str(events(tmp_path_factory.mktemp("sent"))))
    made("ingest", "--drain")
    return made


def listed(house: Footfall, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(house("dead-letters", "list", *words, "--json"))
    return document


def totals(house: Footfall) -> dict[str, Any]:
    found: dict[str, Any] = house.status()["totals"]
    assert found["lines_in"] == found["kept"] + sum(found["dropped"].values()) + sum(found["dead_letters"].values())
    return found


def at(letter: dict[str, Any]) -> str:
    return f"{letter['topic']}/{letter['partition']}/{letter['offset']}"


@pytest.mark.kafka
def test_a_warehouse_and_its_dead_letters(house: Footfall) -> None:
    """One journey: listed, shown, tried, replayed, replayed again; nothing that was in them is ever seen."""
    said = [house("dead-letters", "list"), house("dead-letters", "list", "--json")]
    assert said[0].splitlines()[1].split() == ["3", "unknown_site", "clickstream", f"{datetime.now(UTC):%Y-%m-%d}"]
    before = listed(house)
    assert {(row["reason"], row["letters"]) for row in before["counts"]} == {("unknown_site", 3), ("not_json", 1)}
    assert (before["letters"], len(before["newest"])) == (4, 4)
    assert listed(house, "--reason", "not_json", "--source", "clickstream", "--since", "2026-01-01")["letters"] == 1
    assert listed(house, "--source", "transaction")["counts"] == []
    assert listed(house, "--since", "2999-01-01")["letters"] == 0

    first = at(min((one for one in before["newest"] if one["reason"] == "unknown_site"), key=lambda one: one["offset"]))
    said += [house("dead-letters", "show", first), house("dead-letters", "show", first, "--json")]
    (shown,) = json.loads(said[-1])["letters"]
    assert (shown["is_settled"], shown["original"], shown["replays"]) == (False, "in_kafka", [])
    assert shown["meaning"] == meaning("unknown_site")

    (house.data / "footfall.toml").write_text(BLOG)
    tried = json.loads(house("dead-letters", "replay", "--dry-run", "--json"))
    assert (tried["is_dry"], tried["kept"]) == (True, {"hits": 2, "customer_events": 1})
    assert totals(house)["kept"] == 1
    said.append(house("dead-letters", "replay", "--reason", "unknown_site"))
    assert said[-1].startswith(
        "3 dead letters: 3 read again = 3 kept + 0 dropped + 0 dead letters still; 0 originals gone"
    )
    said.append(house("dead-letters", "replay"))
    assert said[-1].startswith(
        "1 dead letter: 1 read again = 0 kept + 0 dropped + 1 dead letters still; 0 originals gone"
    )
    found = totals(house)
    assert (found["lines_in"], found["kept"], found["dead_letters"]) == (5, 4, {"not_json": 1})
    assert house.rows("select count(*) as rows from hits") == [{"rows": 3}]
    assert listed(house)["letters"] == 1
    (shown,) = json.loads(house("dead-letters", "show", first, "--json"))["letters"]
    assert (shown["is_settled"], [one["outcome"] for one in shown["replays"]]) == (True, ["hits"])
    said.append(house("dead-letters", "show", first))

    clauses = {one["id"]: one for one in json.loads(house.end("policy", "check", "--json")[1])["clauses"]}
    for clause in ("R2", "R12", "R15", "R16", "R53", "R54", "R55", "R56", "R58", "R59"):
        assert clauses[clause]["result"] == "holds", clauses[clause]["evidence"]
    assert "3 more were settled by 1 replays" in clauses["R54"]["evidence"]
    looked = json.loads(house.end("doctor", "--json")[1])["lines"]
    states = {line["name"]: line["state"] for line in looked if line["area"] in {"Answers", "Lake"}}
    assert (states["accounts"], states["offsets"], states["half-written intakes"]) == ("ok", "ok", "ok")
    written = [text for _, text in everything_written(house.data)]
    assert not [secret for secret in SECRETS for text in [*said, *written] if secret in text]


@pytest.mark.kafka
def test_each_look_is_audited_and_wrong_use_is_one_line(house: Footfall) -> None:
    from footfall.house import House  # noqa: PLC0415

    with House.open(house.data) as opened:
        before = len(opened.registry.accesses())
    listed(house)
    house("dead-letters", "replay", "--dry-run")
    assert "is named by topic, partition and offset" in only_line(
        house("dead-letters", "show", "no/place/here", code=2)
    )
    assert "no dead letter stands at" in only_line(house("dead-letters", "show", "web_log/0/77", code=1))
    assert "there is no such reason" in only_line(house("dead-letters", "list", "--reason", SECRETS[0], code=2))
    assert "there is no such source" in only_line(house("dead-letters", "replay", "--source", SECRETS[0], code=2))
    with House.open(house.data) as opened:
        noted = opened.registry.accesses()[before:]
    assert [one.outcome for one in noted].count("refused") == 3
    assert {table for one in noted for table in one.tables} == {"dead_letters", "replays"}
    assert not any(SECRETS[0] in str(one) for one in noted)


@pytest.mark.kafka
def test_one_replay_at_a_time(house: Footfall) -> None:
    held = try_lock(house.data / LOCK)
    assert held is not None
    assert "another replay is running" in only_line(house("dead-letters", "replay", code=1))
    house("dead-letters", "replay", "--dry-run")
    os.close(held)
    house("dead-letters", "replay")


@pytest.mark.kafka
def test_a_folder_of_kafka_that_is_gone_is_not_made_again(house: Footfall, tmp_path: Path) -> None:
    """README says that the folder may be removed once a warehouse is no longer fed."""
    copy = Footfall(tmp_path / "copy", {})
    shutil.copytree(house.data, copy.data, ignore=shutil.ignore_patterns("kafka"))
    copy.data.chmod(0o700)
    before = listed(copy)
    letter = at(before["newest"][0])
    assert "gone: the topic is not there any more" in " ".join(copy("dead-letters", "show", letter).split())
    assert "the topic is not there any more" in copy("dead-letters", "replay")
    replayed = json.loads(copy("dead-letters", "replay", "--json"))
    assert (replayed["letters"], replayed["read"]) == (before["letters"], 0)
    assert [(one["letters"], one["why"]) for one in replayed["gone"]] == [(before["letters"], "no_such_topic")]
    assert listed(copy) == before
    assert not (copy.data / "kafka").exists()


def test_every_reason_of_a_dead_letter_has_a_meaning() -> None:
    assert {reason.value for reason in Reason if reason.is_dead_letter} <= MEANINGS.keys()
    assert not {reason.value for reason in Reason if not reason.is_dead_letter} & MEANINGS.keys()
    assert "lacks the field url" in meaning("missing_url")
    assert "field ip is not as" in meaning("bad_ip")
