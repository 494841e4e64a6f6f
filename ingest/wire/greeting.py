"""The first words with a broker, one connection long: they tell a wrong setting from a broker that is away.

Kafka's client tries again for ten seconds whatever is wrong, and then knows only that time is up. Here each refusal is
told by what the broker does: the certificate that it shows, the alert that it sends, the error that it answers with.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kafka.net.sasl import get_sasl_mechanism

from ingest.errors import IngestError

TIMEOUT_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 1 << 20
# The requests' numbers in Kafka's protocol, and the version of each that every broker since 2.0 knows.
API_VERSIONS, METADATA = (18, 0), (3, 4)
SASL_HANDSHAKE, SASL_AUTHENTICATE = (17, 1), (36, 0)
NO_TOPICS: Final = bytes.fromhex("00000000 00")
# OpenSSL's codes of a certificate that was refused.
EXPIRED, NOT_YET, OTHER_HOST, OTHER_ADDRESS = 10, 9, 62, 64
WANTS_CERTIFICATE: Final = (
    "CERTIFICATE_REQUIRED",
    "HANDSHAKE_FAILURE",
    "BAD_CERTIFICATE",
    "CERTIFICATE_UNKNOWN",
    "UNKNOWN_CA",
)


class RefusedError(IngestError):
    """The broker is there, and a setting is wrong: trying again would change nothing."""


class _EndedError(OSError):
    """The server closed the connection instead of answering."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """How one server is spoken to.

    Attributes:
        host, port: where it is.
        tls: checks its certificate; None in the clear.
        sasl: mechanism, user name and password in the client's words; empty without SASL.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    sasl: Mapping[str, str]

    @property
    def server(self) -> str:
        """Name the server in a message."""
        return f"Kafka {self.host}:{self.port}"

    def run(self) -> None:
        """Speak as far as it takes to be let in.

        Raises:
            RefusedError: the server refuses us, or we it; the message says what to do.
            OSError: the server cannot be reached, or went away: that is for the client, which waits.
        """
        with socket.create_connection((self.host, self.port), TIMEOUT_S) as plain:
            if self.tls is None:
                try:
                    _ask(plain, API_VERSIONS)
                except OSError:
                    self._refuse_if_tls()
                    raise
                self._log_in(plain)
                return
            with self._secure(plain, self.tls) as secure:
                _ask(secure, API_VERSIONS)
                self._log_in(secure)

    def _log_in(self, connection: socket.socket) -> None:
        if self.sasl:
            self._authenticate(connection)
            return
        try:
            _ask(connection, METADATA, NO_TOPICS)
        except _EndedError:
            self._refuse_if_names()
            raise

    def _authenticate(self, connection: socket.socket) -> None:
        mechanism = self.sasl["sasl_mechanism"]
        code, offered = _mechanisms(_ask(connection, SASL_HANDSHAKE, _text(mechanism)))
        if code and not offered:
            raise RefusedError(
                f"{self.server} asks for no user here (error {code}). Set kafka.security to {'SSL' if self.tls else 'PLAINTEXT'}"
            )
        if mechanism not in offered:
            raise RefusedError(
                f"{self.server} does not take {mechanism}. Set kafka.sasl_mechanism to {' or '.join(offered)}"
            )
        words = get_sasl_mechanism(mechanism)(**self.sasl)  # type: ignore[no-untyped-call]
        while not words.is_done():
            token = words.auth_bytes()
            answer = _ask(connection, SASL_AUTHENTICATE, len(token).to_bytes(4) + token)
            if code := int.from_bytes(answer[:2]):
                raise RefusedError(
                    f"{self.server} does not accept the user or the password ({mechanism}, error {code}). "
                    "Look at kafka.username and FOOTFALL_KAFKA_PASSWORD"
                )
            message_bytes = max(0, int.from_bytes(answer[2:4], signed=True))
            try:
                words.receive(answer[8 + message_bytes :])
            except (ValueError, KeyError):
                raise RefusedError(f"{self.server} does not prove that it knows the password ({mechanism})") from None

    @contextmanager
    def _secure(self, plain: socket.socket, tls: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
        """Put TLS over a connection; say in a line what is wrong with the certificate, theirs or ours."""
        try:
            with tls.wrap_socket(plain, server_hostname=self.host.rstrip(".")) as secure:
                yield secure
        except ssl.SSLCertVerificationError as error:
            raise RefusedError(f"{self.server} {_blamed(error)}") from None
        except ssl.SSLError as error:
            if any(reason in (error.reason or "") for reason in WANTS_CERTIFICATE):
                raise RefusedError(
                    f"{self.server} does not accept our certificate, or wants one ({error.reason}). "
                    "Set kafka.certificate_file and kafka.key_file"
                ) from None
            self._refuse_if_clear()
            raise
        except OSError:
            self._refuse_if_clear()
            raise

    def _refuse_if_tls(self) -> None:
        """See whether a server that gave no answer in the clear speaks TLS."""
        try:
            with self._again() as plain, ssl.create_default_context().wrap_socket(plain, server_hostname=self.host):
                pass
        except ssl.SSLCertVerificationError:
            pass  # it has shown a certificate, which is all that we want to know
        except OSError:
            return
        raise RefusedError(
            f"{self.server} speaks TLS only. Set kafka.security to {'SASL_SSL' if self.sasl else 'SSL'}, "
            "and kafka.ca_file if its authority is your own"
        )

    def _refuse_if_clear(self) -> None:
        """See whether a server that did not take to TLS answers in the clear."""
        try:
            with self._again() as plain:
                _ask(plain, API_VERSIONS)
        except OSError:
            return
        raise RefusedError(
            f"{self.server} does not speak TLS on this port. Name its port for TLS in kafka.bootstrap; nothing was sent"
        )

    def _refuse_if_names(self) -> None:
        """See whether a server that hung up on a stranger would rather know a user."""
        with self._again() as plain, self._secure(plain, self.tls) if self.tls else plain as connection:
            _, offered = _mechanisms(_ask(connection, SASL_HANDSHAKE, _text("PLAIN")))
        if offered:
            raise RefusedError(
                f"{self.server} wants a user. Set kafka.security to {'SASL_SSL' if self.tls else 'SASL_PLAINTEXT'}, "
                f"kafka.username, and kafka.sasl_mechanism to {' or '.join(offered)}"
            )

    def _again(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), TIMEOUT_S)


def _blamed(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in {EXPIRED, NOT_YET}:
        when = "has expired" if error.verify_code == EXPIRED else "is not valid yet"
        return f"shows a certificate that {when}. Renew it, and look at the clocks of both machines"
    if error.verify_code in {OTHER_HOST, OTHER_ADDRESS}:
        return "shows a certificate for another name. Name the host in kafka.bootstrap as its certificate does"
    return (
        f"shows a certificate of an authority that is not trusted ({error.verify_message}). "
        "Name the authority's certificate in kafka.ca_file"
    )


def _ask(connection: socket.socket, request: tuple[int, int], body: bytes = b"") -> bytes:
    """Send one request of Kafka's protocol; give the body of its answer."""
    key, version = request
    message = key.to_bytes(2) + version.to_bytes(2) + bytes(4) + _text("footfall") + body
    connection.sendall(len(message).to_bytes(4) + message)
    size_bytes = int.from_bytes(_read(connection, 4))
    if not 4 <= size_bytes <= ANSWER_BYTES_MAX:  # noqa: PLR2004 - the number that it repeats
        raise _EndedError(f"an answer of {size_bytes} bytes is none of Kafka's")
    return _read(connection, size_bytes)[4:]


def _read(connection: socket.socket, size_bytes: int) -> bytes:
    parts = b""
    while len(parts) < size_bytes:
        part = connection.recv(size_bytes - len(parts))
        if not part:
            raise _EndedError("the server closed the connection")
        parts += part
    return parts


def _text(value: str) -> bytes:
    return len(value).to_bytes(2) + value.encode("ascii")


def _mechanisms(answer: bytes) -> tuple[int, list[str]]:
    """Read the answer to a SASL handshake: its error code, and what the server offers."""
    offered, at = [], 6
    for _ in range(int.from_bytes(answer[2:6])):
        length = int.from_bytes(answer[at : at + 2])
        offered.append(answer[at + 2 : at + 2 + length].decode("ascii", "replace"))
        at += 2 + length
    return int.from_bytes(answer[:2]), sorted(offered)
