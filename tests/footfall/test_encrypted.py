"""With `require_tls` on, no endpoint is spoken to in the clear (R50)."""

from pathlib import Path

import pytest

from footfall.commands.health.status import command
from footfall.encrypted import require_tls
from footfall.settings import Kafka, Settings
from policy.errors import UsageError

SECRET = "p%40ss"
DATABASE = f"postgresql+psycopg://shop:{SECRET}@db.example/footfall"


def settings(bootstrap: str = "", security: str = "PLAINTEXT", registry: str = "", *, on: bool = True) -> Settings:
    return Settings(
        require_tls=on,
        registry=registry,
        kafka=Kafka(bootstrap=bootstrap, security=security),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (settings("kafka.example:9092"), "kafka.security is PLAINTEXT; set it to SSL"),
        (settings("kafka.example:9092", "SASL_PLAINTEXT"), "set it to SASL_SSL"),
        (settings(registry=DATABASE), "has no sslmode; end it with .sslmode=verify-full"),
        (settings(registry=f"{DATABASE}?sslmode=require"), "has sslmode=require"),
        (settings(registry=f"{DATABASE}?sslmode=verify-full&sslmode=disable"), "has sslmode=disable"),
        (settings(registry="postgresql:///footfall?host=/run/postgresql,db.example"), "has no sslmode"),
    ],
)
def test_an_endpoint_in_the_clear_is_refused(wanted: Settings, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        require_tls(wanted)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "wanted",
    [
        settings(),
        settings("kafka.example:9093", "SSL"),
        settings("kafka.example:9093", "SASL_SSL"),
        settings(registry=f"{DATABASE}?sslmode=verify-full&sslrootcert=/etc/ca.pem"),
        settings(registry="postgresql:///footfall?host=/run/postgresql"),
        settings(registry="postgresql:///footfall"),
        settings(registry="sqlite:////srv/registry.db"),
        settings("kafka.example:9092", registry=DATABASE, on=False),
    ],
)
def test_what_is_encrypted_or_stays_on_this_machine_passes(wanted: Settings) -> None:
    require_tls(wanted)


def test_every_verb_that_opens_a_warehouse_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_REQUIRE_TLS", "true")
    monkeypatch.setenv("FOOTFALL_KAFKA_BOOTSTRAP", "kafka.example:9092")
    with pytest.raises(UsageError, match="require_tls is on"):
        command(tmp_path)
