"""A fault of the program is one line with its place; what the fault says is not shown, for it may quote a record (R5, R26)."""

import sys
from collections.abc import Callable

import pytest

from footfall import __main__ as program
from footfall.commands import load_verb
from policy.errors import FootfallError, place_of

ANN = "ann@example.org 203.0.113.9"


def said_by(
    fault: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Give exit code and words of a program in which a verb ends so."""

    def failing(_verbs: object) -> Callable[[], None]:
        def verb() -> None:
            raise fault

        return verb

    monkeypatch.setattr(program, "application", failing)
    monkeypatch.setattr(sys, "argv", ["footfall", "status"])
    with pytest.raises(SystemExit) as end:
        program.main()
    shown = capsys.readouterr()
    assert shown.out == ""
    return int(end.value.code or 0), shown.err


def test_a_fault_is_one_line_without_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = said_by(ValueError(f"cannot read {ANN}"), monkeypatch, capsys)
    assert (code, shown.count("\n")) == (1, 1)
    assert "footfall: a fault of Footfall itself: ValueError at footfall/__main__.py:" in shown
    assert "ann" not in shown
    assert "203.0" not in shown


def test_a_file_that_fails_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fault = OSError(28, "No space left on device", "/data/lake")
    assert said_by(fault, monkeypatch, capsys) == (1, "footfall: /data/lake: No space left on device\n")


def test_errors_for_people_keep_their_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said_by(FootfallError("the lake is gone"), monkeypatch, capsys) == (1, "footfall: the lake is gone\n")


def test_the_place_is_the_last_line_of_ours() -> None:
    with pytest.raises(ValueError, match="not enough values") as fault:
        load_verb("no-such-verb")
    assert place_of(fault.value).startswith("ValueError at footfall/commands/__init__.py:")
    assert place_of(KeyError(ANN)) == "KeyError"
