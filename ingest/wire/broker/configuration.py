"""The broker's files: what Apache Kafka is told, and where everything lies.

All of it is in DATA/kafka. Kafka runs with that folder as its working directory and with relative paths in its
properties, so that a comma, space or backslash in DATA's own name cannot change their meaning.
"""

import base64
import shutil
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path

from ingest.wire.broker.errors import BrokerError

RETENTION_H = 168  # raw records keep 7 days
ROLL_H = 24  # only closed segments can be removed: without daily ones a record could stay for twice as long

SERVER_PROPERTIES = f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{{controller_port}}
listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller_port}}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=data
log.retention.hours={RETENTION_H}
log.roll.hours={ROLL_H}
log.initial.task.delay.ms=200
log.retention.check.interval.ms=60000
log.segment.delete.delay.ms=1000
num.partitions=4
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
num.network.threads=1
num.io.threads=2
background.threads=2
num.recovery.threads.per.data.dir=1
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
metadata.max.idle.interval.ms=0
"""


@dataclass(frozen=True)
class Ports:
    """The two loopback ports of the broker: one for clients, one for Kafka's own controller."""

    clients: int
    controller: int


@dataclass(frozen=True)
class Home:
    """Where one embedded broker lives: DATA/kafka, and nothing of it elsewhere in DATA."""

    folder: Path

    @classmethod
    def of(cls, data: Path) -> "Home":
        """Return the home of the broker that belongs to a warehouse folder."""
        return cls((data / "kafka").absolute())

    @property
    def records(self) -> Path:
        """Return the folder of Kafka's own data."""
        return self.folder / "data"

    @property
    def alive_lock(self) -> Path:
        """Return the lock that the broker's own process holds as long as it lives."""
        return self.folder / "alive.lock"

    @property
    def users_lock(self) -> Path:
        """Return the lock that every user shares."""
        return self.folder / "users.lock"

    @property
    def turn_lock(self) -> Path:
        """Return the lock under which brokers are started and stopped, one at a time."""
        return self.folder / "turn.lock"

    @property
    def state(self) -> Path:
        """Return the file that says where the broker runs, or ran last."""
        return self.folder / "state.json"

    @property
    def log(self) -> Path:
        """Return what the broker prints: warnings and errors."""
        return self.folder / "broker.log"

    def make(self) -> None:
        """Make the folder, for its owner alone."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as error:
            raise BrokerError(f"the embedded Kafka cannot keep its data in {self.folder}: {error.strerror}.") from error

    def cluster_id(self) -> str:
        """Return the id by which Kafka knows this folder; raises OSError before the first start."""
        lines = (self.records / "meta.properties").read_text(encoding="ascii").splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith("cluster.id="))

    def prepare(self, ports: Ports, further: str = "") -> None:
        """Write what Kafka reads at its start, and its identity when there is none yet; of two lines the later counts."""
        self.records.mkdir(exist_ok=True)
        scratch = self.folder / "tmp"  # Kafka unpacks its compressors there; a killed one leaves them
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        meta = self.records / "meta.properties"
        if not meta.exists():
            replace_text(meta, f"version=1\ncluster.id={_identity()}\nnode.id=1\ndirectory.id={_identity()}\n")
        text = SERVER_PROPERTIES.format(port=ports.clients, controller_port=ports.controller)
        replace_text(self.folder / "server.properties", text + further)


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old or the new one, never a part."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _identity() -> str:
    """Return a random id as Kafka writes it: 22 characters, url-safe base64 of a version 4 UUID.

    A version 4 UUID is never in the low range (AAAA…) that Kafka reserves.
    """
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def free_ports() -> Ports:
    """Return two loopback ports that were free just now."""
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        return Ports(first.getsockname()[1], second.getsockname()[1])


def are_free(ports: Ports) -> bool:
    """Say whether both ports can be bound now."""
    with socket.socket() as first, socket.socket() as second:
        try:
            for one, port in ((first, ports.clients), (second, ports.controller)):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does: old connections may linger
                one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
