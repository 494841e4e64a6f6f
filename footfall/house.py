"""One warehouse, wired: its folder, registry, keys, lake, broker and door, with the real clock and environment."""

import getpass
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa

from footfall.encrypted import require_tls
from footfall.settings import Settings, load_settings
from ingest.event_ids import Seen
from policy import Policy, load_policy
from policy.errors import FootfallError, UsageError
from transform.context import Context
from transform.geography import Places
from warehouse.keyring import Keyring, MasterKey
from warehouse.keys.master_file import open_master
from warehouse.lake import Lake
from warehouse.registry import Registry, Subjects, sqlite_url

if TYPE_CHECKING:
    from ingest.wire.connection import Connection
    from warehouse.asking import Asker
    from warehouse.door import Session

DEFAULT_DATA: Final = Path("data/site")
DISK_BYTES_MIN: Final = 16 * 2**20
"""With less room than this our own broker cannot begin another file."""
MASTER_FILE: Final = Path("keys/master.key")
SIGNS: Final = ("registry", "lake", "keys", "ship")
"""Folders that a warehouse has: the first one always, unless its registry is elsewhere."""

Tally = Callable[[pa.DictionaryArray], None]


def now() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


def now_ms() -> int:
    """Tell the time in milliseconds since 1970, as Kafka counts it."""
    return time.time_ns() // 1_000_000


seconds: Final = time.monotonic


@dataclass(frozen=True)
class House:
    """A warehouse that is open.

    Attributes:
        data: its folder.
        settings: what `footfall.toml`, the environment and flags say.
        policy: the policy in force.
        registry: the database of people and promises.
        subjects: the registered people in it.
        keyring: its keys.
        lake: its tables.
        environment: the process's environment, for what is no setting.
    """

    data: Path
    settings: Settings
    policy: Policy
    registry: Registry
    subjects: Subjects
    keyring: Keyring
    lake: Lake
    environment: Mapping[str, str] = field(repr=False)  # it may hold a key and a password

    @classmethod
    @contextmanager
    def open(cls, data: Path | None = None, config: Path | None = None, *, create: bool = False) -> Iterator[Self]:
        """Open a warehouse; with `create`, make it when it is not there. An unknown policy version stops here (R1).

        Raises:
            UsageError: a setting is wrong, the policy version is not known, or there is no warehouse to read.
            FootfallError: the folder cannot be written, or its registry or keys cannot be opened.
        """
        environment = os.environ
        folder = (data or Path(environment.get("FOOTFALL_DATA") or DEFAULT_DATA)).absolute()
        settings = load_settings(environment, config, folder)
        policy = load_policy(settings.policy)
        settings.trusted_proxies()
        require_tls(settings)
        signs = SIGNS if settings.registry else SIGNS[:1]
        if not create and not any((folder / sign).is_dir() for sign in signs):
            raise UsageError(
                f"{folder}: there is no warehouse here; `footfall run --log FILE` makes one, --data names another"
            )
        _make_private(folder)
        with Registry.open(settings.registry or sqlite_url(folder)) as registry:
            text = environment.get("FOOTFALL_MASTER_KEY")
            master = MasterKey.from_text(text) if text else _master_of(folder, registry)
            keyring = Keyring(registry, master, now)
            keyring.prove_master()  # a wrong one is told now, before anything is begun
            subjects = Subjects(registry, keyring, now)
            lake = Lake(folder / "lake", policy, now, keyring)
            yield cls(folder, settings, policy, registry, subjects, keyring, lake, environment)

    @contextmanager
    def kafka(self, progress: Callable[[str, int, int], None] | None = None) -> Iterator["Connection"]:
        """Reach Kafka: the cluster of the settings, or our own broker for as long as it is needed."""
        from ingest.wire.connection import Connection  # noqa: PLC0415 - a question needs no Kafka, and its client takes 0.1 s

        kafka = self.settings.kafka
        if kafka.bootstrap:
            connection = Connection(
                bootstrap=kafka.bootstrap,
                security=kafka.security,
                ca_file=kafka.ca_file,
                sasl_mechanism=kafka.sasl_mechanism,
                sasl_username=kafka.username,
                sasl_password=self.environment.get("FOOTFALL_KAFKA_PASSWORD", ""),
                certificate_file=kafka.certificate_file,
                key_file=kafka.key_file,
            )
            connection.greet()
            yield connection
            return
        from ingest.wire.broker import default_cache, embedded_broker  # noqa: PLC0415 - a cluster of one's own needs none

        with (
            self._telling_of_a_full_disk(),
            embedded_broker(self.data, jars=self._jars, cache=default_cache(), progress=progress) as broker,
        ):
            yield Connection(broker.bootstrap)

    def download_bytes(self) -> int:
        """Say how many bytes must be fetched before the embedded broker can start; 0 after the first time."""
        if self.settings.kafka.bootstrap:
            return 0
        from ingest.wire.broker import default_cache, missing_bytes  # noqa: PLC0415 - as above

        return missing_bytes(self._jars, default_cache())

    def context(self, intake: str, taken_at: datetime, is_seen: Seen, tally: Tally) -> Context:
        """Make the circumstances of one intake; `is_seen` knows earlier events, `tally` is told each client's address."""
        flagged = self.subjects.children()
        return Context(
            policy=self.policy,
            places=self.places,
            geography_level=self.settings.geography.level,
            trusted_proxies=self.settings.trusted_proxies(),
            query_parameters=frozenset(self.settings.urls.keep_parameters),
            day_key=self.keyring.day_key,
            intake=intake,
            taken_at=taken_at,
            tally=tally,
            customer_key=self.keyring.purpose_key("profile"),
            event_key=self.keyring.purpose_key("event"),
            is_child=lambda customers: np.isin(customers, flagged),
            is_seen=is_seen,
            sites=frozenset(self.settings.sites),
            products=frozenset(self.settings.products),
            categories={name: site.categories for name, site in self.settings.sites.items()},
        )

    @cached_property
    def places(self) -> Places:
        """Where addresses are: the shipped table, or the database of the settings."""
        database = self.settings.geography.database
        return Places.compile_once(Path(database), self.data / "places") if database else Places.shipped()

    @property
    def own_hosts(self) -> dict[str, tuple[str, ...]]:
        """The sites' own host names."""
        return {name: site.hosts for name, site in self.settings.sites.items()}

    @contextmanager
    def ask(self, role: str, purpose: str) -> Iterator["Session"]:
        """Open the door for one role and purpose; every question is audited."""
        from warehouse.door import Door  # noqa: PLC0415 - a worker never asks, and need not load DuckDB

        with Door(self.lake, self.registry, self.policy, now, hidden=self.subjects.hidden).open(
            role=role, purpose=purpose, who=account()
        ) as session:
            yield session

    def asker(self, role: str, purpose: str) -> "Asker":
        """Say who asks, for what is refused before the door is open: that is audited too."""
        from warehouse.asking import Asker  # noqa: PLC0415 - it loads DuckDB

        return Asker(account(), role, purpose, self.policy, self.registry, now)

    @contextmanager
    def _telling_of_a_full_disk(self) -> Iterator[None]:
        """Name the cause where our own broker fell silent because it had no room left to write."""
        try:
            yield
        except UsageError:
            raise  # a full disk is not the cause of wrong use
        except FootfallError as error:
            left_bytes = shutil.disk_usage(self.data).free
            if left_bytes >= DISK_BYTES_MIN:
                raise
            raise FootfallError(
                f"{self.data}: the disk is full ({left_bytes / 1e6:.0f} MB left), and Kafka stopped. "
                "Make room and run the same command again; nothing is lost"
            ) from error

    @property
    def _jars(self) -> Path | None:
        named = self.environment.get("FOOTFALL_KAFKA_JARS")
        return Path(named) if named else None


def account() -> str:
    """Name the account that asks; in a container it may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _make_private(folder: Path) -> None:
    """Make the data folder; what lies in it is its owner's alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FootfallError(f"{folder}: cannot be made: {error.strerror}. Choose another folder with --data") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FootfallError(f"{folder}: cannot be written. Choose another folder with --data")


def _master_of(folder: Path, registry: Registry) -> MasterKey:
    _make_private(folder / MASTER_FILE.parent)
    return open_master(folder / MASTER_FILE, registry)
