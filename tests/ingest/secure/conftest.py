"""One real broker that listens in every way: with certificates good and bad, with passwords, and in the clear."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from ingest.wire.broker import embedded_broker
from ingest.wire.broker.configuration import Ports
from tests.ingest.secure.certificates import ELSEWHERE, LOOPBACK, NOW, Authority

USER, PASSWORD = "shop", "correct horse"
LISTENERS = {
    "GOOD": "SSL",
    "EXPIRED": "SSL",
    "ELSEWHERE": "SSL",
    "MUTUAL": "SSL",
    "SASL": "SASL_SSL",
    "BARE": "SASL_PLAINTEXT",
}
PLAIN = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@dataclass
class SecureBroker:
    """Where the broker listens, by listener, and the files that clients need."""

    authority: Authority
    stranger: Authority
    plaintext: str = ""
    ports: dict[str, int] = field(default_factory=dict)

    def at(self, listener: str) -> str:
        return f"127.0.0.1:{self.ports[listener]}"


@pytest.fixture(scope="session")
def secure_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """Give a broker whose listeners are those of `LISTENERS`, besides the one in the clear."""
    folder = tmp_path_factory.mktemp("certificates")
    broker = SecureBroker(Authority.make(folder, "authority"), Authority.make(folder, "stranger"))
    broker.ports = dict(zip(LISTENERS, _free_ports(len(LISTENERS)), strict=True))
    stores = {
        "good": broker.authority.keystore("good", [LOOPBACK]),
        "expired": broker.authority.keystore("expired", [LOOPBACK], NOW - timedelta(days=1)),
        "elsewhere": broker.authority.keystore("elsewhere", [ELSEWHERE]),
    }

    def further(ports: Ports) -> str:
        return properties(broker, stores, ports)

    with embedded_broker(tmp_path_factory.mktemp("secure"), further=further) as running:
        broker.plaintext = running.bootstrap
        admin = KafkaAdminClient(bootstrap_servers=running.bootstrap)
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            made = admin.alter_user_scram_credentials(
                [UserScramCredentialUpsertion(USER, mechanism, PASSWORD, iterations=4096)]
            )
            assert made == {USER: None}
        admin.close()
        yield broker


def properties(broker: SecureBroker, stores: dict[str, Path], ports: Ports) -> str:
    """Write the properties of all listeners."""
    listeners = [f"{name}://127.0.0.1:{port}" for name, port in broker.ports.items()]
    protocols = [f"{name}:{protocol}" for name, protocol in LISTENERS.items()]
    lines = [
        f"listeners=PLAINTEXT://127.0.0.1:{ports.clients},CONTROLLER://127.0.0.1:{ports.controller},{','.join(listeners)}",
        f"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,{','.join(protocols)}",
        "ssl.keystore.type=PEM",
        "ssl.truststore.type=PEM",
        f"ssl.truststore.location={broker.authority.file}",
        "listener.name.mutual.ssl.client.auth=required",
    ]
    for name, protocol in LISTENERS.items():
        prefix = f"listener.name.{name.lower()}"
        if protocol.endswith("SSL"):
            lines.append(f"{prefix}.ssl.keystore.location={stores.get(name.lower(), stores['good'])}")
            lines.append(f"{prefix}.ssl.keystore.type=PEM")
        if protocol.startswith("SASL"):
            lines += [
                f"{prefix}.sasl.enabled.mechanisms={'PLAIN,' if protocol == 'SASL_SSL' else ''}SCRAM-SHA-256,SCRAM-SHA-512",
                f"{prefix}.plain.sasl.jaas.config={PLAIN}",
                f"{prefix}.scram-sha-256.sasl.jaas.config={SCRAM}",
                f"{prefix}.scram-sha-512.sasl.jaas.config={SCRAM}",
            ]
    return "\n".join(lines) + "\n"


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
