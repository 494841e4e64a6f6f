"""A question of several steps that fails on its way: one entry in the audit, and one line for whoever asked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from policy.errors import FootfallError
from warehouse.asking.asker import Asker
from warehouse.asking.running import Limits, said
from warehouse.asking.statement import QuestionError


@contextmanager
def failures_noted(asker: Asker, relations: Sequence[str], columns: Sequence[str], limits: Limits) -> Iterator[None]:
    """Write a question into the audit that fails here, in words that hold no value of a row (R3).

    Args:
        asker: who asks.
        relations, columns: what the question reads.
        limits: what it may use.

    Raises:
        QuestionError: it needs too much, a file is gone or damaged, or the engine failed.
        FootfallError: as it came; any other error too, after its entry.
    """
    try:
        yield
    except FootfallError as error:
        asker.note(relations, columns, None, str(error))
        raise
    except (duckdb.Error, pa.ArrowException, MemoryError, OSError) as error:
        text, noted = said(error, limits)
        asker.note(relations, columns, None, noted)
        # Without its cause, whose text has paths and values in it.
        raise QuestionError(text, noted) from None
    except BaseException as error:
        asker.note(relations, columns, None, f"the question was broken off ({type(error).__name__})")
        raise
