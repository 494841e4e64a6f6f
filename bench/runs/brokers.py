"""Brokers of the bench: real ones, kept off the measured core, whose CPU time is read beside."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from ingest.wire.broker import embedded_broker

USER_TICKS, SYSTEM_TICKS = 11, 12
"""Places of both times in /proc/PID/stat, counted after the name in brackets."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker."""

    bootstrap: str
    pid: int

    def cpu_s(self) -> float:
        """Give the CPU time that it has taken since its start; it grows in steps of a hundredth of a second."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / os.sysconf("SC_CLK_TCK")

    def records(self, topic: str) -> int:
        """Count the records that the topic has ever had."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap)
        try:
            parts = [TopicPartition(topic, part) for part in consumer.partitions_for_topic(topic) or ()]
            return sum(consumer.end_offsets(parts).values())
        finally:
            consumer.close()


@contextmanager
def running_broker(folder: Path, core: int) -> Iterator[Broker]:
    """Run a broker for the length of the block, on every core but the measured one where there is another."""
    with embedded_broker(folder) as broker:
        others = os.sched_getaffinity(0) - {core}
        if others:
            for thread in Path(f"/proc/{broker.pid}/task").iterdir():
                _keep_on(int(thread.name), others)
        yield Broker(broker.bootstrap, broker.pid)


def _keep_on(thread: int, cores: set[int]) -> None:
    """Keep a thread on some cores; one that has just ended needs none."""
    try:
        os.sched_setaffinity(thread, cores)
    except ProcessLookupError:
        return
