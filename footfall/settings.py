"""Settings: `footfall.toml` of the warehouse, then of the current folder, then `FOOTFALL_*`, then flags; an unknown name is an error."""

import difflib
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec

from policy.errors import UsageError
from transform.urls import DEFAULT_ALLOWED

PREFIX: Final = "FOOTFALL_"
FILE: Final = Path("footfall.toml")
LISTS: Final = frozenset({"products", "proxies.trusted", "urls.keep_parameters"})
# Read by themselves: where things are on this machine, and secrets, which belong in no file that is shared.
ALONE: Final = frozenset(
    {
        *("FOOTFALL_DATA", "FOOTFALL_CONFIG", "FOOTFALL_KAFKA_JARS", "FOOTFALL_KAFKA_PASSWORD"),
        *("FOOTFALL_MASTER_KEY", "FOOTFALL_MASTER_KEY_NEW", "FOOTFALL_KERNELS"),
    }
)


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Kafka(_Section, frozen=True):
    """The cluster; without `bootstrap` Footfall runs its own broker.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        partitions: how many a new topic gets.
        security: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        ca_file: the authority that signed the brokers' certificates.
        sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        username: the SASL user; the password stands in FOOTFALL_KAFKA_PASSWORD.
        certificate_file, key_file: what is shown to brokers that want a certificate of their clients.
        group: the consumer group whose members share the partitions out.
        session_s: after so many seconds of silence a member counts as dead, and others take over; Kafka wants 6 at least.
    """

    bootstrap: str = ""
    partitions: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 2
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ca_file: str = ""
    sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = ""
    username: str = ""
    certificate_file: str = ""
    key_file: str = ""
    group: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "footfall"
    session_s: Annotated[float, msgspec.Meta(ge=6, le=1800)] = 15.0


class Geography(_Section, frozen=True):
    """Where places come from.

    Attributes:
        database: a City or Country `.mmdb` file; the shipped table when empty.
        level: `region`, or `country` to keep less.
    """

    database: str = ""
    level: Literal["region", "country"] = "region"


class Proxies(_Section, frozen=True):
    """Networks whose word about the visitor's address is believed, such as `10.0.0.0/8`."""

    trusted: tuple[str, ...] = ()


class Urls(_Section, frozen=True):
    """Query parameters that may be kept; all others are removed."""

    keep_parameters: tuple[str, ...] = tuple(sorted(DEFAULT_ALLOWED))


class Ingest(_Section, frozen=True):
    """When a worker commits what it has gathered, and what it does where it cannot go on.

    Attributes:
        rows_max, bytes_max, age_max_s: of the records of one partition; whichever is reached first.
        memory_mib: what a worker may take of the machine's memory.
        corrupt_batches: what is done about records that are damaged on the broker's disk.
    """

    rows_max: Annotated[int, msgspec.Meta(ge=1)] = 200_000
    bytes_max: Annotated[int, msgspec.Meta(ge=1)] = 64 * 1024 * 1024
    age_max_s: Annotated[float, msgspec.Meta(gt=0)] = 2.0
    memory_mib: Annotated[int, msgspec.Meta(ge=480, le=65536)] = 512
    corrupt_batches: Literal["stop", "skip"] = "stop"


class Site(_Section, frozen=True):
    """One site.

    Attributes:
        hosts: its own names, whose referrers count as internal.
        counting: which way of collection counts where page views come by two; without it the log, on days that have one.
        categories: names of first path segments, as customers' interests show them; others are shown as they are.
    """

    hosts: tuple[str, ...] = ()
    counting: Literal["", "log_file", "clickstream"] = ""
    categories: dict[str, str] = msgspec.field(default_factory=dict)


class Settings(_Section, frozen=True):
    """All settings with their defaults.

    Attributes:
        policy: the version in force.
        registry: the registry's database URL; a file below the data folder when empty.
        require_tls: refuses endpoints that would be spoken to in the clear.
        site: the site of lines that come without one.
        currency: the money in which customers' amounts are added up (ISO 4217).
        products: the products that orders and events may name; any when empty.
        sites: what is known of each site, by its name; events of others are refused once there is one.
    """

    policy: str = "plimus-1.4"
    registry: str = ""
    require_tls: bool = False
    site: str = "site"
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "USD"
    products: tuple[str, ...] = ()
    kafka: Kafka = Kafka()
    geography: Geography = Geography()
    proxies: Proxies = Proxies()
    urls: Urls = Urls()
    ingest: Ingest = Ingest()
    sites: dict[str, Site] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Show all but the registry's address, which may hold a password."""
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show as much on a terminal."""
        shown = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, "…" if name == "registry" and value else value) for name, value in shown]

    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Read the trusted networks; a single address is a network of one."""
        networks = []
        for text in self.proxies.trusted:
            try:
                networks.append(ip_network(text, strict=False))
            except ValueError as error:
                raise UsageError(
                    f"proxies.trusted: {text!r} is no address or network; write it like 10.0.0.0/8"
                ) from error
        return tuple(networks)


def load_settings(environment: Mapping[str, str], file: Path | None = None, data: Path | None = None) -> Settings:
    """Read the settings: those of the warehouse, over them those of the file, over them those of the environment.

    Args:
        environment: the process's environment.
        file: a settings file that must exist; `footfall.toml` in the current folder, if there is one, when None.
        data: the warehouse's folder; its own `footfall.toml` is read first, if there is one.

    Raises:
        UsageError: the file is missing or damaged, or a name or value is not known.
    """
    named = file or (Path(environment["FOOTFALL_CONFIG"]) if environment.get("FOOTFALL_CONFIG") else None)
    values: dict[str, Any] = {}
    if data and (data / FILE).is_file():
        _merge(values, _read(data / FILE))
    if named or FILE.is_file():
        _merge(values, _read(named or FILE))
    for name, text in environment.items():
        if name.startswith(PREFIX) and name not in ALONE:
            _override(values, name, text)
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"settings: {_said(error)}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is no TOML: {error}") from error
    _check_names(values, str(path))
    try:
        msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {_said(error)}") from error
    return values


def _said(error: msgspec.ValidationError) -> str:
    """Say which setting is wrong, how, and what it may be where there is a choice."""
    what, _, where = str(error).partition(" - at `$.")
    name = where.removesuffix("`")
    kind: Any = Settings
    for part in name.split("."):
        fields = (
            {field.name: field.type for field in msgspec.structs.fields(kind)}
            if hasattr(kind, "__struct_fields__")
            else {}
        )
        kind = fields.get(part)
    choices = (
        f"; it may be {', '.join(one or 'empty' for one in get_args(kind))}" if get_origin(kind) is Literal else ""
    )
    return f"{name}: {what}{choices}" if name else what


def _merge(values: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Put `over` over `values`, section by section."""
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(values.get(name), dict):
            _merge(values[name], value)
        else:
            values[name] = value


def names() -> list[str]:
    """All setting names as they are written in messages, such as `kafka.bootstrap`."""
    found = []
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.type, type) and issubclass(field.type, _Section):
            found += [f"{field.name}.{inner.name}" for inner in msgspec.structs.fields(field.type)]
        elif field.name == "sites":
            found += [f"sites.NAME.{inner.name}" for inner in msgspec.structs.fields(Site)]
        else:
            found.append(field.name)
    return found


def _check_names(values: Mapping[str, Any], where: str) -> None:
    for name, value in values.items():
        if name == "sites" and isinstance(value, dict):
            written = [f"sites.NAME.{inner}" for site in value.values() if isinstance(site, dict) for inner in site]
        else:
            written = [f"{name}.{inner}" for inner in value] if isinstance(value, dict) else [name]
        for one in written:
            if one not in names():
                raise UsageError(f"{where}: unknown setting {one}{_suggestion(one)}")


def _override(values: dict[str, Any], variable: str, text: str) -> None:
    written = variable.removeprefix(PREFIX).lower()
    for name in names():
        if name.replace(".", "_") == written:
            section, _, inner = name.rpartition(".")
            value: Any = text.split(",") if name in LISTS else text
            (values.setdefault(section, {}) if section else values)[inner] = value
            return
    known = [PREFIX + name.replace(".", "_").upper() for name in names() if "NAME" not in name]
    raise UsageError(f"unknown environment variable {variable}{_suggestion(variable, [*known, *ALONE])}")


def _suggestion(name: str, known: list[str] | None = None) -> str:
    near = difflib.get_close_matches(name, known or names(), 1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(known or names()))}"
