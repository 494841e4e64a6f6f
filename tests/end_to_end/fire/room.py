"""Small disks that can be full or read-only, in a mount namespace of their own: permissions do not stop root, these do."""

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import pytest

REQUIRED: Final = "REQUIRE_MOUNTS"
BALLAST: Final = "ballast"
PROBE: Final = "probe"
PIECE: Final = bytes(1 << 16)
PATIENCE_S: Final = 20
MOUNT: Final = (
    'for folder; do mkdir -p "$folder" && mount -t tmpfs -o size=96m,mode=700 footfall "$folder" || exit 1; done'
)


class Room:
    """Folders that are disks of their own for whoever enters.

    Attributes:
        pid: the process to whose mount namespace they belong; 0: this one, where nothing is a disk of its own.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def seen(self, path: Path) -> Path:
        """Give the path by which those outside see what those inside see at `path`."""
        return Path(f"/proc/{self.pid}/root{path}") if self.pid else path

    def fill(self, disk: Path) -> None:
        """Leave no room on a disk; proved by a file that cannot be written."""
        with self.seen(disk / BALLAST).open("wb", buffering=0) as sink:
            try:
                while sink.write(PIECE):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - the end of the disk is what is looked for
        self._must_fail(disk, errno.ENOSPC)

    def forbid(self, disk: Path) -> None:
        """Make a disk read-only; proved by a file that cannot be made. Busy as long as somebody writes a file."""
        self._mount(disk, "ro")
        self._must_fail(disk, errno.EROFS)

    def heal(self, disk: Path) -> None:
        """Make a disk as it was; proved by a file that can be written."""
        self._mount(disk, "rw")
        for name in (BALLAST, PROBE):
            self.seen(disk / name).unlink(missing_ok=True)
        self.seen(disk / PROBE).write_bytes(PIECE)
        self.seen(disk / PROBE).unlink()

    def _must_fail(self, disk: Path, number: int) -> None:
        probe = self.seen(disk / PROBE)
        try:
            with probe.open("wb", buffering=0) as sink:
                written = [sink.write(PIECE) for _ in range(2)]
        except OSError as error:
            assert error.errno == number  # noqa: PT017 - which error it is decides
            return
        pytest.fail(f"the fault does not bite: {written} bytes could be written")

    def _mount(self, disk: Path, option: str) -> None:
        enter = ["nsenter", "-t", str(self.pid), "-m", *([] if os.geteuid() == 0 else ["-U", "--preserve-credentials"])]
        until = time.monotonic() + PATIENCE_S
        while True:
            done = subprocess.run(
                [*enter, "mount", "-o", f"remount,{option}", str(disk)], check=False, capture_output=True, text=True
            )
            if done.returncode == 0:
                return
            assert time.monotonic() < until, done.stderr
            time.sleep(0.005)


@contextmanager
def small_disks(disks: Sequence[Path]) -> Iterator[Room]:
    """Open a room in which these folders are empty disks of 96 MiB; outside they stay as they are.

    Where the system allows no namespace, the test is skipped, or fails when REQUIRE_MOUNTS is 1, as in CI.
    """
    programs = [one for one in ("unshare", "nsenter", "mount") if shutil.which(one) is None]
    if programs:
        _lacking(f"{', '.join(programs)} not installed (Debian: util-linux, mount)")
    rights = "-m" if os.geteuid() == 0 else "-rm"
    with subprocess.Popen(
        ["unshare", rights, "sh", "-c", f"{MOUNT}; echo ready; exec cat", "sh", *map(str, disks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stderr
        if holder.stdout.readline() != "ready\n":
            _lacking(f"this system allows no mount namespace of its own: {holder.stderr.read().strip()}")
        try:
            yield Room(holder.pid)
        finally:
            holder.stdin.close()  # and so `cat` ends, and the disks with it


def _lacking(what: str) -> NoReturn:
    """Skip where the room is a convenience; fail where it was promised (REQUIRE_MOUNTS=1, as in CI)."""
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{what}, but {REQUIRED} is 1")
    pytest.skip(what)
