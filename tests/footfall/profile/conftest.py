"""A warehouse with customers, and `footfall profile` on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from footfall.commands.answers import profile
from footfall.house import House
from tests.footfall.profile.customers_house import opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Open a fresh warehouse with the profiles of last night."""
    with opened(tmp_path / "data") as warehouse:
        yield warehouse


@pytest.fixture
def run(house: House, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run `footfall profile` as from a shell and give what it printed."""

    def profile_verb(*words: str) -> str:
        profile.app([*words, "--data", str(house.data)], standalone_mode=False)
        return capsys.readouterr().out

    return profile_verb
