"""Settings and secrets: what is not as it should be in files that people write, and who else could read them."""

import stat
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from footfall.doctor.line import Line, Lines, judged
from footfall.house import MASTER_FILE, House, now
from footfall.settings import FILE, Settings

AREA: Final = "Settings"
KEYS: Final = "Keys"
OTHERS: Final = 0o077
OTHERS_WRITE: Final = 0o022
OTHERS_READ: Final = 0o044
LOOPBACK: Final = ("127.", "localhost", "[::1]")


def settings_files(settings: Settings, data: Path, config: Path | None) -> Lines:
    """Look at what the settings say, and at the files that they come from."""
    files = [file for file in dict.fromkeys((data / FILE, (config or FILE).absolute())) if file.is_file()]
    open_to_all = [file for file in files if file.stat().st_mode & OTHERS_WRITE]
    yield judged(
        AREA,
        "files",
        f"{len(files)} read" + (f", {len(open_to_all)} that others may change" if open_to_all else ""),
        f"chmod go-w {' '.join(map(str, open_to_all))}",
        failure=bool(open_to_all),
        number=len(open_to_all),
    )
    shown = [file for file in files if file.stat().st_mode & OTHERS_READ]
    if urlsplit(settings.registry).password and shown:
        yield Line(
            AREA,
            "registry",
            "warning",
            "its password stands in a file that others may read",
            1,
            f"chmod 600 {shown[0]}",
        )
    yield _clear(settings)


def _clear(settings: Settings) -> Line:
    """Say whether records with addresses cross a network unencrypted."""
    kafka = settings.kafka
    servers = [server.strip().partition("://")[2] or server.strip() for server in kafka.bootstrap.split(",") if server]
    far = [server for server in servers if not server.startswith(LOOPBACK)]
    clear = bool(far) and not kafka.security.endswith("SSL")
    said = f"{kafka.security} to {len(servers)} servers" if servers else "our own broker, on this machine alone"
    return judged(
        AREA,
        "encryption",
        said + (": addresses cross the network in the clear" if clear else ""),
        "Set kafka.security to SSL or SASL_SSL; with require_tls = true anything else is refused.",
        warning=clear,
    )


def secrets(house: House) -> Lines:
    """Look at who else may read the warehouse and its master key, and at keys that should be gone."""
    folder = house.data.stat().st_mode
    yield judged(
        KEYS,
        "data folder",
        f"mode {stat.S_IMODE(folder):03o}",
        f"chmod 700 {house.data}",
        warning=bool(folder & OTHERS),
    )
    yield _master(house)
    closed = now() - timedelta(hours=house.policy.windows.day_closes_h + 24)
    keys = [key for key in house.keyring.status() if key.is_day and key.destroyed_at is None]
    late = [key for key in keys if key.period < f"{closed:%Y-%m-%d}" and key.created_at < closed]
    yield judged(
        KEYS,
        "keys of days",
        f"{len(keys):,} held" + (f", {len(late):,} longer than they may be" if late else ""),
        "Run `footfall nightly`: it destroys them, and then nobody can number those visitors again.",
        warning=bool(late),
        number=len(late),
    )


def _master(house: House) -> Line:
    if house.environment.get("FOOTFALL_MASTER_KEY"):
        return Line(KEYS, "master key", "ok", "from FOOTFALL_MASTER_KEY")
    file = house.data / MASTER_FILE
    if not file.is_file():
        return Line(KEYS, "master key", "ok", "none yet: nothing is encrypted so far")
    mode = file.stat().st_mode
    return judged(
        KEYS,
        "master key",
        f"{MASTER_FILE}, mode {stat.S_IMODE(mode):03o}",
        f"chmod 600 {file}; who could read it until now may have it: `footfall keys rotate` puts another in its place.",
        failure=bool(mode & OTHERS),
    )
