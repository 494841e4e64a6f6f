"""What is known as linear inequalities, and how far a sum can go under them: HiGHS, first without, then with whole numbers."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from policy.errors import FootfallError

ENDLESS: Final = float("inf")
NEAR: Final = 1e-6
NODES_MAX: Final = 2000
"""How far an exact answer is looked for before the rounder one stands."""

Terms = Mapping[int, float]
"""A sum: how often each variable is in it."""


class ContradictionError(FootfallError):
    """Nothing agrees with all that was taken to be known; then something of it is wrong."""


def solver() -> Any:
    """Give HiGHS, which is no dependency of the product.

    Raises:
        FootfallError: it is not installed.
    """
    try:
        import highspy  # noqa: PLC0415 - an extra
    except ImportError:
        raise FootfallError("the attack needs the solver HiGHS: install footfall[attack]") from None
    return highspy


class Program:
    """Variables with bounds, and sums of them with bounds; filled first, then asked."""

    def __init__(self) -> None:
        self._low: list[float] = []
        self._high: list[float] = []
        self._starts: list[int] = [0]
        self._index: list[int] = []
        self._value: list[float] = []
        self._row_low: list[float] = []
        self._row_high: list[float] = []
        self._solver: Any = None
        self._seen: npt.NDArray[np.float64] = np.zeros((0, 0))
        self._lowest = self._highest = np.zeros(0)
        self._asked: npt.NDArray[np.int32] = np.zeros(0, np.int32)

    def variable(self, low: float = 0, high: float = ENDLESS) -> int:
        """Add a whole number within bounds; give its index."""
        self._low.append(low)
        self._high.append(high)
        return len(self._low) - 1

    def require(self, terms: Terms, low: float, high: float = ENDLESS) -> None:
        """Let a sum be within bounds."""
        self._index.extend(terms.keys())
        self._value.extend(terms.values())
        self._starts.append(len(self._index))
        self._row_low.append(low)
        self._row_high.append(high)

    def equal(self, terms: Terms, value: float) -> None:
        """Let a sum be one value."""
        self.require(terms, value, value)

    def seen(self, terms: Terms) -> tuple[float, float]:
        """Give the smallest and largest value of a sum in all solutions found so far; both are possible without whole numbers."""
        self._start()
        if not len(self._seen):
            self.bound({0: 1.0}, most=True)
        if len(terms) == 1:
            ((variable, times),) = terms.items()
            low, high = self._lowest[variable] * times, self._highest[variable] * times
            return float(min(low, high)), float(max(low, high))
        found = self._seen[:, list(terms)] @ np.array(list(terms.values()))
        return float(found.min()), float(found.max())

    def _see(self, solution: npt.NDArray[np.float64]) -> None:
        self._seen = np.vstack([self._seen, solution])
        self._lowest, self._highest = np.minimum(self._lowest, solution), np.maximum(self._highest, solution)

    def bound(self, terms: Terms, *, most: bool, exact: bool = False) -> float:
        """Give the most or the least that a sum can be; with `exact`, in whole numbers, unless that takes too long.

        Raises:
            ContradictionError: no values agree with all that is required.
        """
        self._start()
        highs = self._solver
        h = solver()
        every = np.arange(len(self._low), dtype=np.int32)
        if exact:
            kinds = np.full(len(every), h.HighsVarType.kInteger)
            highs.changeColsIntegrality(len(every), every, kinds)
        self._aim(terms, most=most)
        highs.run()
        status = highs.getModelStatus()
        info = highs.getInfo()
        found = info.mip_dual_bound if exact else info.objective_function_value
        solution = highs.getSolution().col_value
        if exact:
            highs.changeColsIntegrality(len(every), every, np.full(len(every), h.HighsVarType.kContinuous))
        if status == h.HighsModelStatus.kInfeasible:
            raise self._contradiction()
        if status in {h.HighsModelStatus.kUnbounded, h.HighsModelStatus.kUnboundedOrInfeasible}:
            return ENDLESS if most else -ENDLESS
        if len(solution) == len(self._low):
            self._see(np.array(solution))
        return float(found)

    def reach(self, wishes: Sequence[tuple[Terms, float]], *, most: bool) -> None:
        """Look for one solution in which as many sums as possible come to what is wished for each, or beyond.

        It is added to those that are `seen`; so few programs tell of many sums that they are not known.

        Args:
            wishes: sums, and how large (or small) each is wished to be.
            most: whether large.

        Raises:
            ContradictionError: no values agree with all that is required.
        """
        self._start()
        h, highs, sums = solver(), self._solver, len(wishes)
        first, row = len(self._low), len(self._row_low)
        parts = np.arange(first, first + sums, dtype=np.int32)
        highest = [level if most else ENDLESS for _, level in wishes]
        # A part is what of the sum counts towards its wish: no more than is wished, or what is still beyond it.
        highs.addCols(sums, *map(_floats, ([1.0] * sums, [0.0] * sums, highest)), 0, *_no_entries())
        starts: list[int] = []
        index: list[int] = []
        value: list[float] = []
        for at, (terms, _) in enumerate(wishes):
            starts.append(len(index))
            index += [*terms, first + at]
            value += [*terms.values(), -1.0]
        low = [0.0 if most else -ENDLESS] * sums
        high = [ENDLESS if most else level for _, level in wishes]
        indices = (np.array(starts, np.int32), np.array(index, np.int32))
        highs.addRows(sums, _floats(low), _floats(high), len(index), *indices, _floats(value))
        self._aim({}, most=most)
        highs.clearSolver()  # a fresh start with its presolve takes a fifth of the time of going on from the last solution
        highs.run()
        status = highs.getModelStatus()
        if status == h.HighsModelStatus.kInfeasible:
            raise self._contradiction()
        if status == h.HighsModelStatus.kOptimal:
            self._see(np.array(highs.getSolution().col_value)[:first])
        highs.deleteRows(sums, np.arange(row, row + sums, dtype=np.int32))
        highs.deleteCols(sums, parts)

    def _contradiction(self) -> ContradictionError:
        return ContradictionError(f"no world has all that is known: {len(self._row_low)} sums contradict one another")

    def _aim(self, terms: Terms, *, most: bool) -> None:
        h = solver()
        if len(self._asked):
            self._solver.changeColsCost(len(self._asked), self._asked, np.zeros(len(self._asked)))
        self._asked = np.array(list(terms), dtype=np.int32)
        if terms:
            self._solver.changeColsCost(len(self._asked), self._asked, np.array(list(terms.values()), dtype=float))
        self._solver.changeObjectiveSense(h.ObjSense.kMaximize if most else h.ObjSense.kMinimize)

    def _start(self) -> None:
        """Hand the program to the solver, once."""
        if self._solver is not None:
            return
        h = solver()
        highs = _quiet(h.Highs)
        for option, value in (("output_flag", False), ("threads", 1), ("mip_max_nodes", NODES_MAX)):
            highs.setOptionValue(option, value)
        model = h.HighsLp()
        model.num_col_, model.num_row_ = len(self._low), len(self._row_low)
        model.col_cost_ = np.zeros(len(self._low))
        model.col_lower_, model.col_upper_ = np.array(self._low, float), np.array(self._high, float)
        model.row_lower_, model.row_upper_ = np.array(self._row_low, float), np.array(self._row_high, float)
        model.a_matrix_.format_ = h.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self._starts, np.int32)
        model.a_matrix_.index_ = np.array(self._index, np.int32)
        model.a_matrix_.value_ = np.array(self._value, float)
        highs.passModel(model)
        self._solver = highs
        self._seen = np.zeros((0, len(self._low)))
        self._lowest, self._highest = np.full(len(self._low), ENDLESS), np.full(len(self._low), -ENDLESS)
        self._index, self._value = [], []


def _floats(values: Sequence[float]) -> npt.NDArray[np.float64]:
    return np.array(values, np.float64)


def _no_entries() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    return np.zeros(1, np.int32), np.zeros(1, np.int32), np.zeros(1)


def total(variables: Iterable[int], times: float = 1.0) -> dict[int, float]:
    """Give the sum of variables."""
    return dict.fromkeys(variables, times)


def _quiet(make: Callable[[], Any]) -> Any:
    """Make a solver while nothing reaches standard output: HiGHS greets there, in C, and a JSON document may be expected."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        return make()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
