"""A PostgreSQL server of the tests' own: in a folder that goes with them, reached by a socket file, on no network."""

import importlib.util
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any, Final, NoReturn

import pytest
import sqlalchemy as sa

REQUIRED: Final = "REQUIRE_POSTGRESQL"
ACCOUNT: Final = "postgres"
SETTINGS: Final = ("listen_addresses=''", "fsync=off", "shared_buffers=16MB", "autovacuum=off")
OTHERS: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def programs() -> Path:
    """Find the server's programs, or skip the test."""
    if importlib.util.find_spec("psycopg") is None:
        _lacking("psycopg, the driver of PostgreSQL, is not installed")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = which("initdb")
    if not found and on_path is None:
        _lacking("no PostgreSQL server is installed (Debian's package postgresql has one)")
    return found[-1].parent if found else Path(str(on_path)).parent


@contextmanager
def server() -> Iterator[Callable[[], str]]:
    """Run a server; gives a function that empties its database, whoever may still be in it, and tells the address."""
    folder_of_programs = programs()
    # A socket's path may have 107 letters only; the server refuses to run as root.
    account: dict[str, Any] = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}
    with TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        if account:
            subprocess.run(["chown", ACCOUNT, folder], check=True)
        data = f"{folder}/data"

        def run(program: str, *words: str) -> None:
            # Its output goes to a file: a pipe would stay open as long as the server lives.
            with Path(folder, "said").open("ab") as said:
                line = [str(folder_of_programs / program), *words]
                subprocess.run(line, check=True, stdout=said, stderr=said, cwd="/", timeout=120, **account)

        run("initdb", "-D", data, "-A", "trust", "-U", "footfall", "--no-sync")
        options = " ".join(f"-c {setting}" for setting in SETTINGS)
        run("pg_ctl", "-D", data, "-w", "-o", f"-k {folder} {options}", "start")
        address = f"postgresql+psycopg://footfall@/postgres?host={folder}"
        engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

        def fresh() -> str:
            with engine.connect() as connection:
                for statement in (OTHERS, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
                    connection.exec_driver_sql(statement)
            return address

        try:
            yield fresh
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def _lacking(what: str) -> NoReturn:
    """Skip where a server is a convenience; fail where it was promised (REQUIRE_POSTGRESQL=1, as in CI)."""
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{what}, but {REQUIRED} is 1")
    pytest.skip(what)
