"""Exports for messages: whom they may reach, and how what they say about people is locked in the file."""

from warehouse.exports.audience import PURPOSE, TABLE, Chosen, Mailing, check_mailing, choose, question

__all__ = ["PURPOSE", "TABLE", "Chosen", "Mailing", "check_mailing", "choose", "question"]
