"""Records that a step cannot bear: they are found and left, so that nobody stops a worker for ever with one of them.

A step that fails is a fault of ours, whatever it was given. Its intake would come again after each start, fail again, and
hold all that stands behind it. So the few records that it fails on become dead letters, which can be replayed once the
step is mended; when they are many, the worker stops, and nothing of the intake is stored.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.errors import IngestError
from policy.errors import place_of
from transform.batch import Batch
from transform.context import Context
from transform.reasons import Reason
from transform.steps import Outcome, run_source

RECORDS_MAX: Final = 16
"""So many in one intake are somebody's odd records; more are a step that does not work."""
ABOUT_A_VALUE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    pa.ArrowException,
)
"""What functions raise for a value that they cannot take; of memory, disks and networks no record can be the cause."""


def run_isolating(source: str, batch: Batch, context: Context) -> tuple[Outcome, str]:
    """Do as `run_source`; records on which a step fails leave as dead letters, `Reason.STEP_FAILED`.

    Args:
        source, batch, context: see `run_source`; clients are told to `context.tally` once, when all has gone well.

    Returns:
        what became of the records, and for people one line about how many a step failed on and where it did, without what
        stands in them; empty when all went well.

    Raises:
        IngestError: the steps fail on more than `RECORDS_MAX` records, or only on some of them together.
    """
    try:
        return _run(source, batch, context), ""
    except ABOUT_A_VALUE as error:
        fault = place_of(error)
    guilty = _guilty(source, batch, context, fault)
    outcome = _run(source, batch.leave(guilty, Reason.STEP_FAILED), context)
    return outcome, (
        f"{context.intake}: {guilty.sum()} of {len(guilty)} records are dead letters, for a step failed on them ({fault}). "
        "Please report this line; they can be replayed when the step is mended"
    )


def _run(source: str, batch: Batch, context: Context) -> Outcome:
    """Run the steps, and tell of clients only when they have come to their end."""
    clients: list[pa.DictionaryArray] = []
    outcome = run_source(source, batch, replace(context, tally=clients.append))
    for client in clients:
        context.tally(client)
    return outcome


def _guilty(source: str, batch: Batch, context: Context, fault: str) -> npt.NDArray[np.bool_]:
    """Mark the rows on which the steps fail when they are alone, found by halving."""
    context = replace(context, tally=lambda _: None)
    guilty = np.zeros(batch.rows.num_rows, np.bool_)
    suspects = [np.arange(len(guilty))]
    while suspects:
        some = suspects.pop()
        if not _fails(source, batch, some, context):
            continue
        if len(some) == 1:
            guilty[some] = True
            if guilty.sum() > RECORDS_MAX:
                break
        else:
            suspects += np.array_split(some, 2)
    if not 0 < guilty.sum() <= RECORDS_MAX:
        many = f"on more than {RECORDS_MAX} records" if guilty.any() else "on no record alone"
        raise IngestError(
            f"intake {context.intake}: a step fails {many} of {len(guilty)} ({fault}); nothing of it is stored, and the same "
            "command begins with it again. Please report this line"
        )
    return guilty


def _fails(source: str, batch: Batch, rows: npt.NDArray[np.int64], context: Context) -> bool:
    others = np.ones(batch.rows.num_rows, np.bool_)
    others[rows] = False
    try:
        run_source(source, batch.leave(others, Reason.STEP_FAILED), context)
    except ABOUT_A_VALUE:
        return True
    return False
