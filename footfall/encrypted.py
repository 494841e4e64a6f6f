"""No word in the clear: with `require_tls` on, an endpoint that would be spoken to without TLS is refused (R50).

Our own broker is not refused: it listens on this machine's loopback address only, and what passes there crosses no wire.
Nor is a database of this machine's own, reached by a socket file. Certificates and host names are always checked; there is
no setting that would leave the check out.
"""

from urllib.parse import parse_qs, urlsplit

from footfall.settings import Settings
from policy.errors import UsageError

DATABASE_MODE = "verify-full"


def require_tls(settings: Settings) -> None:
    """Refuse settings that ask for TLS everywhere and name an endpoint without it.

    Raises:
        UsageError: Kafka or the registry would be spoken to in the clear, or without a check of who answers.
    """
    if not settings.require_tls:
        return
    if settings.kafka.bootstrap and not settings.kafka.security.endswith("SSL"):
        wanted = "SASL_SSL" if settings.kafka.security.startswith("SASL") else "SSL"
        raise UsageError(
            f"require_tls is on and kafka.security is {settings.kafka.security}; set it to {wanted} and kafka.bootstrap "
            "to the cluster's port for TLS, or take kafka.bootstrap away to use Footfall's own broker on this machine"
        )
    mode = _database_mode(settings.registry)
    if mode is not None and mode != DATABASE_MODE:
        raise UsageError(
            f"require_tls is on and the registry's address has {f'sslmode={mode}' if mode else 'no sslmode'}; "
            f"end it with ?sslmode={DATABASE_MODE}, and &sslrootcert=FILE if the authority is your own"
        )


def _database_mode(url: str) -> str | None:
    """Give the `sslmode` of a database that is reached over a network, empty without one; None for one on this machine.

    The address's own text never leaves here: it may hold a password.
    """
    address = urlsplit(url)
    if not address.scheme or address.scheme.startswith("sqlite"):
        return None
    query = parse_qs(address.query)
    hosts = [host for text in (query.get("host") or [address.netloc.rpartition("@")[2]]) for host in text.split(",")]
    if all(host == "" or host.startswith("/") for host in hosts):
        return None
    return query.get("sslmode", [""])[-1]
