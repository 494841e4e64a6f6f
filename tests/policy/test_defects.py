"""Each way to damage the policy, kept in tests/data/policy_defects.toml, is refused with its place and what was expected."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, convert

from policy import PolicyError
from policy.load import policy_from

CASES = Path(__file__).parents[1] / "data" / "policy_defects.toml"


class Case(Struct, forbid_unknown_fields=True):
    why: str
    at: list[str]
    says: list[str]
    put: Any = None
    append: Any = None
    remove: bool = False
    findings: int = 1

    def damage(self, document: dict[str, Any]) -> None:
        """Do what the case says to the parsed policy."""
        place: Any = document
        for step in self.at[:-1]:
            place = place[_key(place, step)]
        key = _key(place, self.at[-1])
        if self.remove:
            del place[key]
        elif self.append is not None:
            place[key].append(self.append)
        else:
            place[key] = self.put


def _key(place: Any, step: str) -> Any:
    if isinstance(place, dict):
        return step
    names = ("name", "id", "pattern", "role")
    return next(at for at, item in enumerate(place) if step in [item.get(name) for name in names])


def _cases() -> list[Case]:
    cases = [convert(case, Case) for case in tomllib.loads(CASES.read_text("utf-8"))["case"]]
    for case in cases:
        assert (case.put is not None) + (case.append is not None) + case.remove == 1, case.why
    return cases


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.why)
def test_a_damaged_policy_is_refused(case: Case, document: dict[str, Any]) -> None:
    case.damage(document)
    with pytest.raises(PolicyError) as caught:
        policy_from(document, "damaged.toml")
    findings = caught.value.findings
    assert len(findings) == case.findings, findings
    assert any(all(part in finding for part in case.says) for finding in findings), findings
    assert str(caught.value).startswith("damaged.toml")
    assert all(finding in str(caught.value) for finding in findings)


def test_the_file_of_cases_says_nothing_else() -> None:
    assert list(tomllib.loads(CASES.read_text("utf-8"))) == ["case"]


def test_all_defects_are_told_at_once(document: dict[str, Any]) -> None:
    document["windows"]["late_h"] = -1
    document["tables"]["hits"]["kind"] = "cube"
    del document["sources"]["referral"]["channel"]
    with pytest.raises(PolicyError, match=r"^house\.toml has 3 defects:\n") as caught:
        policy_from(document, "house.toml")
    places = sorted(finding.split(":")[0] for finding in caught.value.findings)
    assert places == ["sources.referral.channel", "tables.hits.kind", "windows.late_h"]


def test_broken_rules_are_told_at_once(document: dict[str, Any]) -> None:
    document["tables"]["hits"]["retention"] = "forever"
    document["clauses"].pop()
    document["roles"]["support"]["purposes"] = ["curiosity"]
    with pytest.raises(PolicyError) as caught:
        policy_from(document, "house.toml")
    told = str(caught.value)
    assert "clauses[R60]" in told
    assert "tables.hits.retention" in told
    assert "roles.support.purposes" in told
