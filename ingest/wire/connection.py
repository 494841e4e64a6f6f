"""How to reach a Kafka cluster: one description for consumers, producers and administration."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from kafka.errors import KafkaError, RetriableError

from ingest.errors import IngestError, KafkaAwayError
from policy.errors import UsageError

BOOTSTRAP_TIMEOUT_MS: Final = 10_000
CLIENT_ID: Final = "footfall"
SERVER: Final = re.compile(r"\s*(\w+://)?(\[[\da-fA-F:.%]+\]|[^\s:/\[\]]+)(:\d{1,5})?\s*")


@dataclass(frozen=True, slots=True)
class Connection:
    """Where Kafka is and how to speak to it.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        security: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        ca_file: the authority that signed the brokers' certificates; the system's when empty.
        sasl_mechanism: PLAIN or SCRAM-SHA-512, with a user name and a password.
    """

    bootstrap: str
    security: str = "PLAINTEXT"
    ca_file: str = ""
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse an address that the client would not understand."""
        for server in self.bootstrap.split(","):
            if not SERVER.fullmatch(server):
                raise UsageError(f"kafka.bootstrap: {server!r} is no host:port, for example localhost:9092")

    def options(self) -> dict[str, Any]:
        """Write the settings in kafka-python's words."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.security,
            "client_id": CLIENT_ID,
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
        }
        if self.ca_file:
            options["ssl_cafile"] = self.ca_file
        if self.sasl_mechanism:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.sasl_password
        return options

    @contextmanager
    def speaking(self, doing: str) -> Iterator[None]:
        """Turn the client's errors into one line that says what was being done, and where.

        A wrong password or an unknown authority shows itself only as a time-out, so the line names them too.
        """
        try:
            yield
        except (KafkaError, OSError) as error:
            hint = "" if self.security == "PLAINTEXT" else ", are user, password and certificate authority right"
            what = type(error).__name__
            kind = KafkaAwayError if isinstance(error, RetriableError | OSError) else IngestError
            raise kind(f"cannot {doing} at Kafka {self.bootstrap} ({what}). Is the broker running{hint}?") from error
