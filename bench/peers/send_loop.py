"""Peer: a log file → Kafka by `KafkaProducer.send` in a loop: no key, nothing redacted, nothing noted.

python -m bench.peers.send_loop BOOTSTRAP FILE
"""

import sys
from pathlib import Path

from kafka import KafkaProducer

from bench.working import Work


def run(bootstrap: str, log: Path) -> Work:
    """Send all lines of a file to the topic `web_log`."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        batch_size=256 * 1024,
        linger_ms=50,
    )
    work = Work()
    with log.open("rb") as file:
        for line in file:
            value = line.rstrip(b"\n")
            producer.send("web_log", value)
            work.add(1, len(value))
    producer.flush()
    work.end()
    producer.close()
    return work


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2])).tell()
