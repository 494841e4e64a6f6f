"""A broker's answers, received where they are read.

kafka-python 3.0.12 receives 4 KiB at a time and copies each answer five times before it is decoded: for some megabytes that
takes longer than everything else. Here large answers come into one buffer in few steps. Small ones, and all else that a
connection does, stay kafka-python's. `why_it_does_not_fit` proves at each start that what is used of it is still the same.
"""

import socket
import ssl
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from kafka.errors import KafkaConnectionError
from kafka.net.compat import KafkaNetClient
from kafka.net.transport import KafkaTCPTransport
from kafka.protocol.parser import KafkaProtocol

LARGE_BYTES: Final = 64 * 1024
SIZE_BYTES: Final = 4
NOTHING_YET: Final = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
NUMBER: Final = 7
TheirTransport: Final[Any] = KafkaTCPTransport

Received = tuple[bytes, Exception | None]


class Answer:
    """One answer on its way: what kafka-python's protocol asks of its own `KafkaBytes`, without the copies."""

    def __init__(self, size: int) -> None:
        self._data = np.empty(size, np.uint8).data
        self._at = 0

    def __len__(self) -> int:
        return len(self._data)

    def tell(self) -> int:
        """Say how far it was written or read."""
        return self._at

    def seek(self, at: int) -> None:
        """Go to a place."""
        self._at = at

    def write(self, data: bytes) -> None:
        """Put bytes behind those that came."""
        self._data[self._at : self._at + len(data)] = data
        self._at += len(data)

    def read(self, size: int | None = None) -> bytes | memoryview:
        """Give some bytes, or without a copy all that is left."""
        start = self._at
        self._at = len(self._data) if size is None else min(start + size, len(self._data))
        part = self._data[start : self._at]
        return part if size is None else bytes(part)

    def fill(self, connected: socket.socket) -> bool:
        """Receive all but the last byte, with which the protocol ends an answer; False when the other side has gone.

        Raises:
            OSError: nothing more has come yet, or nothing will.
        """
        while self._at < len(self._data) - 1:
            count = connected.recv_into(self._data[self._at : -1])
            if not count:
                return False
            self._at += count
        return True


def client(**options: Any) -> Any:
    """Make kafka-python's client of connections that receive large answers this way."""
    made: Any = KafkaNetClient(**options)
    manager = made._manager  # noqa: SLF001 the seam
    build = manager._build_transport  # noqa: SLF001

    async def built(*arguments: Any, **named: Any) -> Any:
        transport = await build(*arguments, **named)
        transport._sock_recv = partial(receive, transport, transport._sock_recv)  # noqa: SLF001
        return transport

    manager._build_transport = built  # noqa: SLF001
    return made


def receive(transport: Any, plainly: Any) -> Received:
    """Receive what has come: into its answer, when that is a large one, else by `plainly`, kafka-python's own way.

    Returns:
        what the protocol is to be given, and what ended the connection.
    """
    connected, parser = transport._sock, transport._protocol.parser  # noqa: SLF001
    head = b""
    try:
        if not isinstance(parser._rbuffer, Answer):  # noqa: SLF001
            if parser._receiving or parser._header.tell():  # noqa: SLF001
                return _received(plainly)
            head = connected.recv(SIZE_BYTES)
            size = int.from_bytes(head, signed=True)
            if len(head) < SIZE_BYTES or not LARGE_BYTES <= size <= parser._max_frame_size:  # noqa: SLF001
                return _received(plainly, head)
            parser._rbuffer, parser._receiving = Answer(size), True  # noqa: SLF001
        if not parser._rbuffer.fill(connected):  # noqa: SLF001
            return _received(plainly)
        last = connected.recv(1)
    except NOTHING_YET:
        return b"", None
    except OSError as error:
        return b"", KafkaConnectionError(error)
    # What TLS has decrypted already makes no noise on the socket.
    has_more = not last or (isinstance(connected, ssl.SSLSocket) and connected.pending())
    return _received(plainly, last) if has_more else (last, None)


def _received(plainly: Any, before: bytes = b"") -> Received:
    data, error = plainly()
    return before + data, error


def why_it_does_not_fit() -> str:
    """Receive a small answer, a large one and a small one with kafka-python's protocol; say what differs, or nothing."""
    sizes = (SIZE_BYTES, LARGE_BYTES, SIZE_BYTES)
    try:
        if _heard(sizes) != [(NUMBER, bytes([NUMBER]) * size) for size in sizes]:
            return "answers come out differently"
    except Exception as error:  # noqa: BLE001 whatever a later kafka-python does differently, its own way is the answer
        return f"{type(error).__name__}: {error}"
    return ""


def _heard(sizes: Sequence[int]) -> list[tuple[int, bytes]]:
    """Give what the protocol makes of answers of these sizes, each with its number, that come through a pair of sockets."""
    parser: Any = KafkaProtocol()
    kind = SimpleNamespace(
        parse_header=lambda _: SimpleNamespace(correlation_id=NUMBER), decode=lambda answer: bytes(answer.read())
    )
    heard: list[tuple[int, bytes]] = []
    ours, others = socket.socketpair()
    with ours, others:
        ours.setblocking(False)
        others.setblocking(False)
        transport = SimpleNamespace(_sock=ours, _protocol=SimpleNamespace(parser=parser))
        plainly = partial(TheirTransport._sock_recv, transport)  # noqa: SLF001
        for size in sizes:
            parser.in_flight_requests.append(
                SimpleNamespace(correlation_id=NUMBER, get_response_class=lambda: kind)  # as of a request that was sent
            )
            left = memoryview(size.to_bytes(SIZE_BYTES) + bytes([NUMBER]) * size)
            while left:
                left = left[others.send(left) :]
                data, error = receive(transport, plainly)
                if error:
                    raise error
                heard += parser.receive_bytes(data)
    return heard
