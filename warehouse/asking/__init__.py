"""Asking: who asks, what the question reads, and the session that answers it."""

from warehouse.asking.asker import Asker, RefusedError, open_columns, opens
from warehouse.asking.session import Limits, Session, Source
from warehouse.asking.statement import QuestionError

__all__ = ["Asker", "Limits", "QuestionError", "RefusedError", "Session", "Source", "open_columns", "opens"]
