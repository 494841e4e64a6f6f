"""Credentials go before the first durable write, Kafka included (R26)."""

from transform.secrets.line import PLACEHOLDER, redact_line
from transform.secrets.lines import redact_lines
from transform.secrets.names import (
    CREDENTIAL_HEADERS,
    CREDENTIAL_NAMES,
    CREDENTIAL_PREFIXES,
    CREDENTIAL_WORDS,
    is_credential,
)

__all__ = [
    "CREDENTIAL_HEADERS",
    "CREDENTIAL_NAMES",
    "CREDENTIAL_PREFIXES",
    "CREDENTIAL_WORDS",
    "PLACEHOLDER",
    "is_credential",
    "redact_line",
    "redact_lines",
]
