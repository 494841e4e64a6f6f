"""Asking: who asks, what the question reads, and the session that answers it."""

from warehouse.asking.asker import Asker, RefusedError, open_columns, opens
from warehouse.asking.failing import failures_noted
from warehouse.asking.running import Limits, in_time
from warehouse.asking.session import Session, Source
from warehouse.asking.statement import QuestionError, StuckError

__all__ = [
    "Asker",
    "Limits",
    "QuestionError",
    "RefusedError",
    "Session",
    "Source",
    "StuckError",
    "failures_noted",
    "in_time",
    "open_columns",
    "opens",
]
