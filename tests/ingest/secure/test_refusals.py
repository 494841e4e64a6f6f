"""What is wrong between us and a broker is one line that says so, at once, on a real broker (R50)."""

import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.errors import KafkaAwayError
from ingest.wire.connection import Connection
from ingest.wire.greeting import RefusedError
from ingest.wire.topics import describe_topics
from policy.errors import UsageError
from tests.ingest.secure.certificates import ELSEWHERE
from tests.ingest.secure.conftest import PASSWORD, USER, SecureBroker

pytestmark = pytest.mark.kafka
LONG_BEFORE_THE_CLIENT_GIVES_UP_S = 6


@dataclass(frozen=True)
class Way:
    """One way to come to the broker: listener, security, whose authority we trust, mechanism, password, whose certificate."""

    listener: str
    security: str
    trusted: str = "authority"
    mechanism: str = ""
    password: str = PASSWORD
    certificate: str = ""

    def connection(self, broker: SecureBroker) -> Connection:
        """Describe the connection in the product's words."""
        signers = {"authority": broker.authority, "stranger": broker.stranger}
        ours = ("", "")
        if self.certificate:
            certificate, key = signers[self.certificate].sign(f"client-of-{self.certificate}", [ELSEWHERE])
            ours = (str(certificate), str(key))
        return Connection(
            broker.plaintext if self.listener == "PLAINTEXT" else broker.at(self.listener),
            self.security,
            str(signers[self.trusted].file) if self.trusted else "",
            self.mechanism,
            USER if self.mechanism else "",
            self.password if self.mechanism else "",
            *ours,
        )


GOOD = [
    Way("GOOD", "SSL"),
    Way("MUTUAL", "SSL", certificate="authority"),
    Way("SASL", "SASL_SSL", mechanism="PLAIN"),
    Way("SASL", "SASL_SSL", mechanism="SCRAM-SHA-256"),
    Way("SASL", "SASL_SSL", mechanism="SCRAM-SHA-512"),
    Way("BARE", "SASL_PLAINTEXT", mechanism="SCRAM-SHA-512"),
    Way("PLAINTEXT", "PLAINTEXT"),
]
BAD = [
    (Way("GOOD", "SSL", trusted="stranger"), "an authority that is not trusted .*kafka.ca_file"),
    (Way("GOOD", "SSL", trusted=""), "an authority that is not trusted .*kafka.ca_file"),
    (Way("EXPIRED", "SSL"), "a certificate that has expired"),
    (Way("ELSEWHERE", "SSL"), "a certificate for another name. Name the host in kafka.bootstrap"),
    (Way("MUTUAL", "SSL"), "does not accept our certificate, or wants one .*kafka.certificate_file"),
    (Way("MUTUAL", "SSL", certificate="stranger"), "does not accept our certificate, or wants one"),
    (Way("SASL", "SASL_SSL", mechanism="PLAIN", password="wrong"), "does not accept the user or the password"),
    (Way("SASL", "SASL_SSL", mechanism="SCRAM-SHA-256", password="wrong"), "does not accept the user or the password"),
    (Way("SASL", "SASL_SSL", mechanism="SCRAM-SHA-512", password="wrong"), "does not accept the user or the password"),
    (Way("BARE", "SASL_PLAINTEXT", mechanism="PLAIN"), "does not take PLAIN. .* to SCRAM-SHA-256 or SCRAM-SHA-512"),
    (Way("SASL", "SSL"), "wants a user. Set kafka.security to SASL_SSL"),
    (Way("BARE", "PLAINTEXT"), "wants a user. Set kafka.security to SASL_PLAINTEXT"),
    (Way("GOOD", "SASL_SSL", mechanism="PLAIN"), "asks for no user here .*Set kafka.security to SSL"),
    (Way("PLAINTEXT", "SASL_PLAINTEXT", mechanism="PLAIN"), "asks for no user here .*Set kafka.security to PLAINTEXT"),
    (Way("GOOD", "PLAINTEXT"), "speaks TLS only. Set kafka.security to SSL"),
    (Way("SASL", "SASL_PLAINTEXT", mechanism="PLAIN"), "speaks TLS only. Set kafka.security to SASL_SSL"),
    (Way("PLAINTEXT", "SSL"), "does not speak TLS on this port"),
]


def test_whoever_is_let_in_is_greeted_and_served(secure_broker: SecureBroker) -> None:
    for way in GOOD:
        connection = way.connection(secure_broker)
        connection.greet()
        assert describe_topics(connection, {"none": "web_log"}) == [], way


def test_what_is_wrong_is_said_in_one_line_and_at_once(secure_broker: SecureBroker) -> None:
    for way, words in BAD:
        since = time.monotonic()
        with pytest.raises(RefusedError, match=words) as refused:
            way.connection(secure_broker).greet()
        assert time.monotonic() - since < LONG_BEFORE_THE_CLIENT_GIVES_UP_S, way
        line = str(refused.value)
        assert "\n" not in line
        assert not {way.password, USER} & set(line.replace(",", " ").split()), "no name and no password in a message"


def test_a_worker_that_is_refused_later_does_not_take_the_broker_for_away(secure_broker: SecureBroker) -> None:
    """A certificate may expire while the worker runs: waiting would last for ever."""
    with pytest.raises(RefusedError), BAD[0][0].connection(secure_broker).speaking("fetch"):
        raise OSError("the connection broke")
    with pytest.raises(KafkaAwayError, match="cannot fetch"), GOOD[0].connection(secure_broker).speaking("fetch"):
        raise OSError("the connection broke")


def test_a_server_that_cannot_be_reached_is_left_to_the_client(secure_broker: SecureBroker) -> None:
    """One of two servers is down, or starting; the other says what is wrong, if anything is."""
    Connection("127.0.0.1:1").greet()
    good, bad = GOOD[0].connection(secure_broker), BAD[2][0].connection(secure_broker)
    Connection(f"127.0.0.1:1,{bad.bootstrap},{good.bootstrap}", "SSL", good.ca_file).greet()
    with pytest.raises(RefusedError, match="has expired"):
        Connection(f"127.0.0.1:1,{bad.bootstrap}", "SSL", good.ca_file).greet()


def test_a_server_that_says_nothing_of_kafka_is_no_reason_to_refuse() -> None:
    """Whatever closes at once may be a broker that stops."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for answer in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"):
                connection, _ = server.accept()
                with connection:
                    connection.sendall(answer)

        threading.Thread(target=hang_up, daemon=True).start()
        Connection(f"127.0.0.1:{server.getsockname()[1]}").greet()


@pytest.mark.parametrize("security", ["SSL", "SASL_SSL"])
def test_certificates_and_names_are_checked_whatever_the_settings_say(security: str) -> None:
    """R50: there is no setting that would leave the check out, so it cannot be switched off silently."""
    options = Connection("a:1", security, sasl_mechanism="PLAIN", sasl_username="u", sasl_password="p").options()
    context = options["ssl_context"]
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert not [name for name in options if name.startswith("ssl_") and name != "ssl_context"]


@pytest.mark.parametrize(
    ("half", "words"),
    [
        ({"security": "SASL_SSL"}, "needs kafka.sasl_mechanism, kafka.username, FOOTFALL_KAFKA_PASSWORD too"),
        (
            {"security": "SASL_SSL", "sasl_mechanism": "PLAIN", "sasl_username": "u"},
            "needs FOOTFALL_KAFKA_PASSWORD too",
        ),
        ({"certificate_file": "a.pem"}, "kafka.certificate_file and kafka.key_file go together"),
    ],
)
def test_half_a_description_is_wrong_use(half: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Connection("a:1", **half)


def test_files_that_hold_something_else_are_wrong_use(tmp_path: Path) -> None:
    (text := tmp_path / "text.pem").write_text("no certificate")
    with pytest.raises(UsageError, match=r"kafka.ca_file: .*none.pem cannot be read: No such file"):
        Connection("a:1", "SSL", str(tmp_path / "none.pem")).options()
    with pytest.raises(UsageError, match=r"kafka.ca_file: .*text.pem does not hold certificates"):
        Connection("a:1", "SSL", str(text)).options()
    with pytest.raises(UsageError, match=r"kafka.key_file: .*text.pem does not hold the key"):
        Connection("a:1", "SSL", certificate_file=str(text), key_file=str(text)).options()
