"""The jars of Apache Kafka: from a folder given, the local cache, or fetched by coordinate.

Wherever a jar comes from, only its pinned size and SHA-256 make it acceptable, so neither a mirror nor a cache has to
be trusted. No repository address stands here; the coordinate resolver brings its own.
"""

import fcntl
import hashlib
import importlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.wire.broker.errors import JarError

WAYS_OUT = (
    "Set FOOTFALL_KAFKA_JARS to a folder that holds the jars, or set kafka.bootstrap to use a Kafka cluster of yours."
)


Progress = Callable[[str, int, int], None]
"""Told (jar's file name, bytes fetched so far, bytes to fetch in all) while jars are fetched."""


@dataclass(frozen=True)
class Jar:
    """One pinned jar: its coordinate, size and SHA-256 (hex)."""

    group: str
    artifact: str
    version: str
    size_bytes: int
    sha256: str

    @property
    def coordinate(self) -> str:
        """Return group:artifact:version."""
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        """Return the name that the jar has in a flat folder and in the cache."""
        return f"{self.artifact}-{self.version}.jar"

    def fault(self, path: Path) -> str | None:
        """Say how the file differs from the pin; None when it is the pinned jar."""
        size_bytes = path.stat().st_size
        if size_bytes != self.size_bytes:
            return f"has {size_bytes} bytes, {self.size_bytes} were expected"
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if sha256 != self.sha256:
            return f"has SHA-256 {sha256}, {self.sha256} was expected"
        return None


Advance = Callable[[int], None]
"""Told how many further bytes have arrived."""

Fetch = Callable[[Jar, Path, Advance], Path]
"""Fetches a jar into a scratch folder and returns its path; any exception means that it cannot be had."""


def fetch_by_coordinate(jar: Jar, scratch: Path, advance: Advance) -> Path:
    """Fetch one jar with jgo; its errors pass through."""
    jgo = importlib.import_module("jgo.maven")  # takes 0.4 s to load and is needed once on a machine

    @contextmanager
    def watch(_file_name: str, _size_bytes: int) -> Iterator[Advance]:
        yield advance

    context = jgo.MavenContext(repo_cache=scratch, resolver=jgo.PythonResolver(progress_callback=watch))
    return Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())


def pinned_jars() -> tuple[Jar, ...]:
    """Return all jars of the broker, sorted by coordinate: the class path must be the same at every start."""
    lines = Path(__file__).with_name("jars.txt").read_text(encoding="ascii").splitlines()
    return tuple(sorted((_pin(line) for line in lines if not line.startswith("#")), key=lambda jar: jar.coordinate))


def _pin(line: str) -> Jar:
    coordinate, size_bytes, sha256 = line.split()
    group, artifact, version = coordinate.split(":")
    return Jar(group, artifact, version, int(size_bytes), sha256)


def default_cache() -> Path:
    """Return the folder that keeps the jars between runs when the settings name none."""
    return Path.home() / ".cache" / "footfall" / "kafka"


def missing_bytes(folder: Path | None, cache: Path) -> int:
    """Return how many bytes `provide_jars` would fetch now: what to tell people before it starts."""
    return sum(jar.size_bytes for jar in pinned_jars() if _look_up(jar, folder, cache) is None)


def provide_jars(
    folder: Path | None, cache: Path, progress: Progress | None = None, fetch: Fetch = fetch_by_coordinate
) -> tuple[Path, ...]:
    """Return the class path: every pinned jar as a verified file, in a fixed order.

    Jars that neither `folder` nor `cache` holds are fetched into `cache`; processes that do so at once take turns.
    Raises JarError when a jar in `folder` is not the pinned one, or when a jar can be had nowhere.
    """
    if folder is not None and not folder.is_dir():
        raise JarError(f"FOOTFALL_KAFKA_JARS names {folder}, which is no folder. {WAYS_OUT}")
    missing = [jar for jar in pinned_jars() if not _is_there(jar, folder, cache)]
    if missing:
        with _turn(cache):
            still_missing = [jar for jar in missing if not _is_there(jar, folder, cache)]
            _fetch_all(still_missing, cache, progress, fetch)
    return tuple(path for jar in pinned_jars() if (path := _look_up(jar, folder, cache)) is not None)


def _look_up(jar: Jar, folder: Path | None, cache: Path) -> Path | None:
    """Find the jar's file: flat or in a Maven layout in the folder given, flat in the cache."""
    places = [cache / jar.file_name]
    if folder is not None:
        nested = folder.joinpath(*jar.group.split("."), jar.artifact, jar.version, jar.file_name)
        places = [folder / jar.file_name, nested, *places]
    return next((place.absolute() for place in places if place.is_file()), None)


def _is_there(jar: Jar, folder: Path | None, cache: Path) -> bool:
    path = _look_up(jar, folder, cache)
    if path is None:
        return False
    fault = jar.fault(path)
    if fault is None:
        return True
    if path.parent != cache.absolute():
        raise JarError(f"{path} {fault}. Put the released {jar.coordinate} there, or take the file away.")
    path.unlink(missing_ok=True)  # our own cache was damaged: fetch it again
    return False


@contextmanager
def _turn(cache: Path) -> Iterator[None]:
    """Let one process at a time fetch into the cache."""
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (cache / "fetch.lock").open("a")
    except OSError as error:
        raise JarError(f"the jars of Kafka cannot be kept in {cache}: {error.strerror}. {WAYS_OUT}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_all(jars: list[Jar], cache: Path, progress: Progress | None, fetch: Fetch) -> None:
    total_bytes = sum(jar.size_bytes for jar in jars)
    before_bytes = 0
    for jar in jars:
        _fetch_one(jar, cache, _meter(jar, before_bytes, total_bytes, progress), fetch)
        before_bytes += jar.size_bytes
        if progress is not None:
            progress(jar.file_name, before_bytes, total_bytes)


def _meter(jar: Jar, before_bytes: int, total_bytes: int, progress: Progress | None) -> Advance:
    done_bytes = before_bytes

    def advance(size_bytes: int) -> None:
        nonlocal done_bytes
        done_bytes += size_bytes
        if progress is not None:
            progress(jar.file_name, done_bytes, total_bytes)

    return advance


def _fetch_one(jar: Jar, cache: Path, advance: Advance, fetch: Fetch) -> None:
    # The resolver writes in place, and its own cache would keep half a file for ever: give it a folder of one use.
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as scratch:
        try:
            fetched = fetch(jar, Path(scratch), advance)
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise JarError(
                f"{jar.coordinate}, a jar of the embedded Kafka, is neither in the cache ({cache}) nor to be fetched: "
                f"{type(error).__name__}: {reason}. {WAYS_OUT}"
            ) from error
        fault = jar.fault(fetched)
        if fault is not None:
            raise JarError(f"{jar.coordinate} as fetched {fault}, so it was refused. {WAYS_OUT}")
        part = cache / f"{jar.file_name}.part"
        shutil.move(fetched, part)
        part.replace(cache / jar.file_name)
