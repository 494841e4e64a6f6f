"""A real broker for every test that needs one, started once for the whole run."""

from collections.abc import Iterator

import pytest

from ingest.wire.broker import EmbeddedBroker, embedded_broker


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """Give a running embedded broker; its address is `.bootstrap`. Topics stay for the run, so name yours apart."""
    with embedded_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker
