"""The way to Kafka, the registry and whoever reads: encrypted where that is required, and never with the checks left out."""

import ssl
from collections.abc import Iterator

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged
from ingest.wire.connection import Connection
from policy.errors import FootfallError


def tls_required(evidence: Evidence) -> Finding:
    """R50: certificates and host names are always checked, and where TLS is required nothing goes in the clear."""
    kafka = evidence.house.settings.kafka
    defects = list(_checks_off(evidence))
    local = not kafka.bootstrap
    where = (
        "our own broker, on loopback"
        if local
        else f"{kafka.security} to {len(kafka.bootstrap.split(','))} servers of the settings"
    )
    return judged(f"Kafka by {where}; with TLS the certificate, its authority and the host's name are checked", defects)


def _checks_off(evidence: Evidence) -> Iterator[str]:
    """Make the TLS context of these settings, as a worker would, and look whether it checks."""
    kafka = evidence.house.settings.kafka
    try:
        context = Connection(bootstrap=kafka.bootstrap or "localhost:9093", security="SSL", ca_file=kafka.ca_file).tls
    except FootfallError as error:
        yield str(error)
        return
    if context is None or context.verify_mode != ssl.CERT_REQUIRED:
        yield "certificates are not checked"
    elif not context.check_hostname:
        yield "host names are not checked"
