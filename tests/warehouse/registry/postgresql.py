"""A PostgreSQL server of the tests' own: in a folder that goes with them, reached by a socket file, on no network."""

import importlib.util
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa

ACCOUNT = "postgres"


def programs() -> Path:
    """Find the server's programs, or skip the test."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg, the driver of PostgreSQL, is not installed")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = which("initdb")
    if not found and on_path is None:
        pytest.skip("no PostgreSQL server is installed (Debian's package postgresql has one)")
    return found[-1].parent if found else Path(str(on_path)).parent


@contextmanager
def server() -> Iterator[Callable[[], str]]:
    """Run a server; gives a function that makes an empty database and tells its address."""
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
        run("pg_ctl", "-D", data, "-w", "-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
        try:
            base = f"postgresql+psycopg://footfall@/{{}}?host={folder}"
            engine = sa.create_engine(base.format("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

            def fresh() -> str:
                name = f"d{secrets.token_hex(6)}"
                with engine.connect() as connection:
                    connection.exec_driver_sql(f"CREATE DATABASE {name}")
                return base.format(name)

            yield fresh
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
