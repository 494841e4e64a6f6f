"""The seam to kafka-python's producer: finished batches into its queue, acknowledgements back.

Its sender thread does the rest as for its own batches: leaders, retries with the same sequence number, order, time-outs.
Tried with 3.0.12.
"""

import threading
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError
from kafka.producer.producer_batch import ProducerBatch
from kafka.structs import TopicPartition

from ingest.wire.produce.batch import Sealed

NO_OFFSET: Final = -1


class Waiting:
    """The acknowledgement of one batch, however many batches the sender makes of it.

    A topic may allow smaller batches than we send. The sender then cuts the batch in two and moves each record's future
    over; this stands for the future of every record of the batch.
    """

    def __init__(self, batch: Any, count: int, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._left = count
        self._error: BaseException | None = None
        self._done = threading.Event()
        batch.produce_future.add_both(self._whole)

    def __len__(self) -> int:
        return self._left

    def __getitem__(self, record: int) -> "Waiting":
        return self

    def rebind(self, future: Any, record: int) -> None:
        """Wait for one record in a smaller batch, at the place `record` in it."""
        future.add_both(lambda result: self._settle(result, record, 1))

    def wait(self, timeout_s: float) -> None:
        """Wait until Kafka has acknowledged every record.

        Raises:
            KafkaError: it refused them, or did not answer in time.
        """
        if not self._done.wait(timeout_s):
            raise KafkaTimeoutError(f"no acknowledgement within {timeout_s:g} s")
        if self._error is not None:
            raise self._error

    def _whole(self, result: Any) -> None:
        self._settle(result, 0, self._left)

    def _settle(self, result: Any, record: int, count: int) -> None:
        error = result if isinstance(result, BaseException) else None
        if error is None and (refusal := result[2]) is not None:
            error = refusal(record)
        with self._lock:
            self._left -= count
            self._error = self._error or error
            if not self._left or self._error:
                self._done.set()


class Queue:
    """The queue of one producer, with a bound on the bytes that wait for their acknowledgement."""

    def __init__(self, producer: KafkaProducer, bytes_max: int, timeout_s: float) -> None:
        self._accumulator: Any = producer._accumulator  # type: ignore[attr-defined] # noqa: SLF001
        self._sender: Any = producer._sender  # type: ignore[attr-defined] # noqa: SLF001
        self._bytes_max = bytes_max
        self._timeout_s = timeout_s
        self._waiting: list[Waiting] = []

    def put(self, topic: str, partition: int, sealed: Sealed) -> None:
        """Queue a batch, once there is room for it.

        Raises:
            KafkaError: an earlier batch was not acknowledged; those behind it, this one too, are not sent any more.
        """
        size = sealed.size_in_bytes()
        while self._waiting and sum(one.size for one in self._waiting) + size > self._bytes_max:
            self._wait_for_first()
        tp = TopicPartition(topic, partition)
        batch: Any = ProducerBatch(tp, sealed)
        waiting = Waiting(batch, sealed.next_offset(), size)
        batch._record_futures = waiting  # noqa: SLF001
        with self._accumulator._tp_lock(tp):  # noqa: SLF001
            self._accumulator._batches[tp].append(batch)  # noqa: SLF001
            self._accumulator._incomplete.add(batch)  # noqa: SLF001
        self._waiting.append(waiting)
        self._sender.wakeup()

    def flush(self) -> None:
        """Wait until Kafka has acknowledged all that was put.

        Raises:
            KafkaError: it did not; batches that are not sent yet never will be.
        """
        while self._waiting:
            self._wait_for_first()

    def _wait_for_first(self) -> None:
        try:
            self._waiting[0].wait(self._timeout_s)
        except BaseException as error:
            # What comes behind a batch that is lost must not arrive without it.
            self._accumulator.abort_undrained_batches(error)
            self._waiting.clear()
            raise
        del self._waiting[0]
