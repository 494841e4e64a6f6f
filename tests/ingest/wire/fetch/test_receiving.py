"""Answers come out as with kafka-python's own way, however they are cut on their way; what goes wrong is said as there."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.errors import KafkaConnectionError
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.protocol.parser import KafkaProtocol

from ingest.wire.fetch import receiving
from ingest.wire.fetch.receiving import LARGE_BYTES, Answer, receive, why_it_does_not_fit
from tests.ingest.secure.certificates import LOOPBACK, Authority

SIZES = (0, 1, 4, 4092, 4096, LARGE_BYTES - 1, LARGE_BYTES, LARGE_BYTES + 1, 3 * LARGE_BYTES)
ROUNDS_MAX = 100
TLS_RECORD_BYTES = 16 * 1024
Transport = type[KafkaTCPTransport]


class Ear:
    """The end of a connection where answers are heard: a transport and its protocol, without the rest of kafka-python."""

    def __init__(self, connected: socket.socket, kind: Transport = KafkaTCPTransport) -> None:
        connected.setblocking(False)
        self.parser: Any = KafkaProtocol()
        self.large = 0
        self._transport: Any = SimpleNamespace(_sock=connected, _protocol=SimpleNamespace(parser=self.parser))
        theirs: Any = kind
        self._plainly = partial(theirs._sock_recv, self._transport)

    def expect(self) -> None:
        """Note that a request was sent."""
        answered = SimpleNamespace(parse_header=lambda _: SimpleNamespace(correlation_id=7), decode=self._decoded)
        self.parser.in_flight_requests.append(SimpleNamespace(correlation_id=7, get_response_class=lambda: answered))

    def hear(self) -> tuple[list[bytes], Exception | None]:
        """Take what has come."""
        data, error = receive(self._transport, self._plainly)
        return [answer for _, answer in self.parser.receive_bytes(data)], error

    def _decoded(self, answer: Any) -> bytes:
        self.large += isinstance(answer, Answer)
        return bytes(answer.read())


def framed(answers: list[bytes]) -> bytes:
    return b"".join(len(answer).to_bytes(4) + answer for answer in answers)


def content(size: int, seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(size)


@contextmanager
def pair() -> Iterator[tuple[Ear, socket.socket]]:
    ours, others = socket.socketpair()
    with ours, others:
        yield Ear(ours), others


@settings(max_examples=150)
@given(st.lists(st.sampled_from(SIZES), min_size=1, max_size=4), st.lists(st.integers(1, 90_000), max_size=8))
def test_answers_come_whole_however_they_are_cut(sizes: list[int], cuts: list[int]) -> None:
    answers = [content(size, place) for place, size in enumerate(sizes)]
    left, heard = framed(answers), []
    with pair() as (ear, others):
        for _ in answers:
            ear.expect()
        others.setblocking(False)
        steps = iter(cuts)
        for _ in range(ROUNDS_MAX):
            with suppress(BlockingIOError):  # each call takes one large answer at most, and the selector calls again
                left = left[others.send(left[: next(steps, 50_000)]) :]
            found, error = ear.hear()
            assert error is None
            heard += found
            if not left and len(heard) == len(answers):
                break
    assert heard == answers


def test_a_large_answer_is_received_where_it_is_read() -> None:
    with pair() as (ear, others):
        for size in (10, LARGE_BYTES, 10, LARGE_BYTES + 5):
            ear.expect()
            others.sendall(framed([content(size, size)]))
            assert ear.hear() == ([content(size, size)], None)
        assert ear.large == 2
        assert ear.hear() == ([], None)


@pytest.mark.parametrize("sent", [0, 2, 4, 9, LARGE_BYTES + 3])
def test_a_connection_that_ends_is_told(sent: int, caplog: pytest.LogCaptureFixture) -> None:
    with pair() as (ear, others):
        ear.expect()
        others.sendall(framed([content(LARGE_BYTES, 1)])[:sent])
        others.close()
        errors = [ear.hear()[1] for _ in range(2)]
        assert any(isinstance(error, KafkaConnectionError) for error in errors)
    assert "socket disconnected" in caplog.text


def test_a_connection_that_breaks_is_told() -> None:
    with socket.socket() as never_connected:
        heard, error = Ear(never_connected).hear()
    assert heard == []
    assert isinstance(error, KafkaConnectionError)


@pytest.mark.parametrize("size", [-1, 100_000_001, 2**31 - 1])
def test_a_size_that_cannot_be_takes_no_memory(size: int) -> None:
    with pair() as (ear, others):
        ear.expect()
        others.sendall(size.to_bytes(4, signed=True) + b"rest")
        with pytest.raises(Exception, match="Invalid frame length"):
            ear.hear()
        assert not isinstance(ear.parser._rbuffer, Answer)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """Give pairs of sockets that speak TLS."""
    folder: Path = tmp_path_factory.mktemp("tls")
    authority = Authority.make(folder, "authority")
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(*authority.sign("server", [LOOPBACK]))
    client.load_verify_locations(authority.file)

    def made() -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
        ours, others = socket.socketpair()
        sides: list[ssl.SSLSocket] = []
        serving = threading.Thread(target=lambda: sides.append(server.wrap_socket(others, server_side=True)))
        serving.start()
        wrapped = client.wrap_socket(ours, server_hostname="127.0.0.1")
        serving.join()
        return wrapped, sides[0]

    return made


@pytest.mark.parametrize(
    "sizes", [[10, 20], [LARGE_BYTES, 10], [LARGE_BYTES + 9, 5000, LARGE_BYTES], [5, LARGE_BYTES, 5]]
)
def test_nothing_that_tls_has_decrypted_waits(
    tls: Callable[[], tuple[ssl.SSLSocket, ssl.SSLSocket]], sizes: list[int]
) -> None:
    """A selector hears the socket only: what lies decrypted behind it would wait for the next answer."""
    ours, others = tls()
    with ours, others:
        ear, answers, heard = Ear(ours, KafkaSSLTransport), [content(size, size) for size in sizes], []
        left = framed(answers)
        for _ in answers:
            ear.expect()
        while left:
            record, left = left[:TLS_RECORD_BYTES], left[TLS_RECORD_BYTES:]
            others.sendall(record)
            heard += ear.hear()[0]
            assert ours.pending() == 0
        assert heard == answers


def test_it_fits_this_kafka_python() -> None:
    assert why_it_does_not_fit() == ""


def test_a_kafka_python_that_is_other_receives_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(KafkaProtocol):
        def receive_bytes(self, data: bytes) -> list[Any]:
            super().receive_bytes(data)
            return []

    monkeypatch.setattr(receiving, "KafkaProtocol", Other)
    assert why_it_does_not_fit() == "answers come out differently"
    monkeypatch.setattr(receiving, "KafkaProtocol", object)
    assert why_it_does_not_fit().startswith("AttributeError: ")
