"""A warehouse whose registry is a database elsewhere is a warehouse all the same, and a mistyped folder is none."""

from pathlib import Path

import pytest

from footfall.commands.health.status import status
from footfall.house import House
from policy.errors import UsageError


def test_a_registry_may_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_REGISTRY", f"sqlite:///{tmp_path}/elsewhere/registry.db")
    with House.open(tmp_path / "data", create=True):
        pass
    assert not (tmp_path / "data" / "registry").exists()
    with House.open(tmp_path / "data") as house:
        assert status(house)["totals"]["lines_in"] == 0
    with pytest.raises(UsageError, match="there is no warehouse here"), House.open(tmp_path / "dota"):
        pass
    assert not (tmp_path / "dota").exists()
