"""The stage table names functions that exist, each step among them, and counts each function's own time once."""

import time

import pytest

from bench.ours.clocks import Clocks, find
from bench.ours.stages import read_stages
from transform.steps import STEPS

LISTED = [name for names in read_stages().values() for name in names]


@pytest.mark.parametrize("name", LISTED)
def test_each_function_is_there(name: str) -> None:
    function = find(name)[2]
    assert callable(getattr(function, "__func__", function))


def test_each_step_has_a_stage() -> None:
    listed = {find(name)[2] for name in LISTED}
    assert {step.__name__ for steps in STEPS.values() for step in steps if step not in listed} == set()


def test_a_name_that_has_gone_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"names transform\.steps:fly, which is not there"):
        find("transform.steps:fly")


def test_what_an_inner_function_takes_is_not_counted_twice() -> None:
    clocks = Clocks()

    def busy() -> None:
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass

    inner = clocks.around("inner", busy)
    begun = time.process_time()
    clocks.around("outer", lambda: [inner(), inner()])()
    spent = time.process_time() - begun
    assert clocks.calls == {"inner": 2, "outer": 1}
    assert clocks.cpu_s["inner"] >= 0.1
    assert sum(clocks.cpu_s.values()) <= spent
