"""How to reach a Kafka cluster: one description for consumers, producers and administration."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from kafka.errors import KafkaError, RetriableError

from ingest.errors import IngestError, KafkaAwayError
from ingest.wire.greeting import Greeting, RefusedError
from policy.errors import UsageError

BOOTSTRAP_TIMEOUT_MS: Final = 10_000
CLIENT_ID: Final = "footfall"
PORT: Final = 9092
SERVER: Final = re.compile(r"\s*(\w+://)?(\[[\da-fA-F:.%]+\]|[^\s:/\[\]]+)(?::(\d{1,5}))?\s*")


@dataclass(frozen=True)
class Connection:
    """Where Kafka is and how to speak to it. With TLS the broker's certificate and host name are always checked.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        security: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        ca_file: the authority that signed the brokers' certificates; the system's when empty.
        sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, with a user name and a password.
        certificate_file, key_file: what we show to brokers that want a certificate of their clients.
    """

    bootstrap: str
    security: str = "PLAINTEXT"
    ca_file: str = ""
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    certificate_file: str = ""
    key_file: str = ""

    def __post_init__(self) -> None:
        """Refuse an address that the client would not understand, and half a description."""
        for server in self.bootstrap.split(","):
            if not SERVER.fullmatch(server):
                raise UsageError(f"kafka.bootstrap: {server!r} is no host:port, for example localhost:9092")
        if self.security.startswith("SASL"):
            wanted = {
                "kafka.sasl_mechanism": self.sasl_mechanism,
                "kafka.username": self.sasl_username,
                "FOOTFALL_KAFKA_PASSWORD": self.sasl_password,
            }
            if missing := [name for name, value in wanted.items() if not value]:
                raise UsageError(f"kafka.security is {self.security}, which needs {', '.join(missing)} too")
        if bool(self.certificate_file) != bool(self.key_file):
            raise UsageError("kafka.certificate_file and kafka.key_file go together; set both, or none")

    @property
    def is_encrypted(self) -> bool:
        """Say whether TLS is spoken."""
        return self.security.endswith("SSL")

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """How certificates are checked; None in the clear. There is no way to leave the check out.

        Raises:
            UsageError: a file of the settings cannot be read.
        """
        if not self.is_encrypted:
            return None
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
        if self.ca_file:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the one authority, and none of the system's
            with _reading("kafka.ca_file", self.ca_file, "certificates in PEM form"):
                context.load_verify_locations(self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate_file:
            with _reading("kafka.key_file", self.key_file, f"the key of {self.certificate_file}, without a password"):
                context.load_cert_chain(self.certificate_file, self.key_file, password="")
        return context

    @property
    def sasl(self) -> dict[str, str]:
        """Mechanism, user and password in kafka-python's words; empty without SASL."""
        if not self.security.startswith("SASL"):
            return {}
        return {
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": self.sasl_password,
        }

    def options(self) -> dict[str, Any]:
        """Write the settings in kafka-python's words."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.security,
            "client_id": CLIENT_ID,
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
            **self.sasl,
        }
        if self.tls:
            options["ssl_context"] = self.tls
        return options

    def greet(self) -> None:
        """Speak to the servers until one lets us in: what is wrong with a setting is known at once, and not after ten seconds.

        Servers that cannot be reached are left to the client, which waits for them.

        Raises:
            RefusedError: all servers that can be reached refuse us, or we them; says why the first does.
        """
        refused: RefusedError | None = None
        for server in self.bootstrap.split(","):
            _, host, port = SERVER.fullmatch(server).groups()  # type: ignore[union-attr] # seen by __post_init__
            try:
                with suppress(OSError):
                    Greeting(host.strip("[]"), int(port or PORT), self.tls, self.sasl).run()
                    return
            except RefusedError as error:
                refused = refused or error
        if refused:
            raise refused

    @contextmanager
    def speaking(self, doing: str) -> Iterator[None]:
        """Turn the client's errors into one line that says what was being done, where, and what is wrong if that can be told."""
        try:
            yield
        except (KafkaError, OSError) as error:
            self.greet()
            what = type(error).__name__
            kind = KafkaAwayError if isinstance(error, RetriableError | OSError) else IngestError
            raise kind(f"cannot {doing} at Kafka {self.bootstrap} ({what}). Is the broker running?") from error


@contextmanager
def _reading(setting: str, file: str, wanted: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError:
        raise UsageError(f"{setting}: {file} does not hold {wanted}") from None
    except OSError as error:
        missing = file if Path(file).exists() is False else error.filename or file
        raise UsageError(f"{setting}: {missing} cannot be read: {error.strerror or error}") from None
