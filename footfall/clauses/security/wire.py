"""The way to Kafka and to the registry: encrypted where that is required, and never with the checks left out."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged
from footfall.encrypted import require_tls
from footfall.settings import Settings
from ingest.wire.connection import Connection
from policy.errors import FootfallError

CLEAR: Final[Mapping[str, Mapping[str, Any]]] = {
    "Kafka in the clear": {"kafka": {"bootstrap": "kafka.example:9092", "security": "PLAINTEXT"}},
    "Kafka with a password in the clear": {"kafka": {"bootstrap": "kafka.example:9092", "security": "SASL_PLAINTEXT"}},
    "a registry elsewhere in the clear": {"registry": "postgresql+psycopg://someone@registry.example/footfall"},
}
"""Settings that must be refused while TLS is required."""


def tls_required(evidence: Evidence) -> Finding:
    """R50: where TLS is required nothing goes in the clear; certificates, their authority and host names are always checked."""
    settings = evidence.house.settings
    defects = list(_checks_off(settings))
    for what, given in CLEAR.items():
        if not _is_refused(msgspec.convert({**given, "require_tls": True}, Settings)):
            defects.append(f"with require_tls on, {what} is let through")
    if settings.require_tls and _is_refused(settings):
        defects.append("require_tls is on, and an endpoint of these settings is spoken to in the clear")
    servers = len(settings.kafka.bootstrap.split(","))
    where = (
        f"{settings.kafka.security} to {servers} servers" if settings.kafka.bootstrap else "our own broker, on loopback"
    )
    required = "required" if settings.require_tls else "not required by these settings"
    return judged(
        f"TLS is {required}; Kafka by {where}; {len(CLEAR)} settings without TLS tried where it is required, all refused; "
        "certificate, authority and host name are checked",
        defects,
    )


def _is_refused(settings: Settings) -> bool:
    try:
        require_tls(settings)
    except FootfallError:
        return True
    return False


def _checks_off(settings: Settings) -> Iterator[str]:
    """Make the TLS context of these settings, as a worker would, and look whether it checks."""
    try:
        context = Connection(bootstrap="localhost:9093", security="SSL", ca_file=settings.kafka.ca_file).tls
    except FootfallError as error:
        yield str(error)
        return
    if context is None or context.verify_mode != ssl.CERT_REQUIRED:
        yield "certificates are not checked"
    elif not context.check_hostname:
        yield "host names are not checked"
