"""The product as its users call it: the command line on a warehouse of its own."""

import io
import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Self

import pyarrow.parquet as pq
import pytest

from footfall.__main__ import main
from footfall.house import House
from ingest.wire.broker import embedded_broker
from policy import load_policy
from tests.end_to_end.fire.processes import PRELOADED


class Footfall:
    """The command line on one warehouse.

    Attributes:
        data: the warehouse's folder.
        environment: what is set besides the test's own environment.
    """

    def __init__(self, data: Path, environment: dict[str, str]) -> None:
        self.data = data
        self.environment = environment

    def make(self) -> Self:
        """Make the warehouse, empty."""
        with House.open(self.data, create=True):
            return self

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a verb as a process of its own, and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "footfall", *words],
            env={**os.environ, "FOOTFALL_DATA": str(self.data), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def fork(self, *words: str) -> ForkServerProcess:
        """Start a verb as a process of its own whose imports are done already: a killed one costs no two seconds."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        process = context.Process(target=_verb, args=(words, {"FOOTFALL_DATA": str(self.data), **self.environment}))
        process.start()
        return process

    def end(self, *words: str) -> tuple[int, str, str]:
        """Run a verb to its end in this process: exit code, standard output, standard error."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        code = 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["footfall", *words])
            for name, value in {"FOOTFALL_DATA": str(self.data), **self.environment}.items():
                patch.setenv(name, value)
            try:
                main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 0
        return code, printed(out), printed(err)

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run a verb to its end, which must be this exit code; give what it printed, errors for a code other than 0."""
        ended, out, err = self.end(*words)
        assert ended == code, f"footfall {' '.join(words)} ended with {ended}:\n{out}\n{err}"
        return err if code else out

    def rows(self, question: str, role: str = "batch", purpose: str = "") -> list[dict[str, Any]]:
        """Ask in SQL, for the role's own purpose when none is named."""
        asked = ("--role", role, *(["--purpose", purpose] if purpose else []), "--format", "json", question)
        answer: list[dict[str, Any]] = json.loads(self("sql", *asked))
        return answer

    def status(self) -> dict[str, Any]:
        """Give the accounting."""
        state: dict[str, Any] = json.loads(self("status", "--json"))
        return state


def everything_written(data: Path) -> Iterator[tuple[str, str]]:
    """Read every file below the data folder but Kafka's raw topics: as bytes, and decoded where it is Parquet or SQLite."""
    for path in sorted(data.rglob("*")):
        if not path.is_file() or (data / "kafka" / "data") in path.parents:
            continue
        yield str(path), path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield (
                f"{path} decoded",
                json.dumps(pq.read_table(path, columns=plain_columns(path)).to_pylist(), default=str),
            )
        if path.suffix == ".db":
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                yield f"{path} dumped", "\n".join(database.iterdump())
            database.close()


def plain_columns(path: Path) -> list[str]:
    """Name the columns of a lake file that are not encrypted: whoever has no key can read no other (R47)."""
    tables = load_policy().tables
    table = next((tables[part] for part in path.parts if part in tables), None)
    personal = {column.name for column in table.columns if column.personal} if table else set()
    return [name for name in pq.read_schema(path).names if name not in personal]


def printed(stream: io.TextIOWrapper) -> str:
    """Read what was written to a stream over bytes in memory."""
    stream.seek(0)
    return stream.read()


def _verb(words: tuple[str, ...], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    sys.argv = ["footfall", *words]
    main()


@pytest.fixture(scope="module")
def new_footfall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Footfall]]:
    """Make a fresh warehouse, in a folder whose name has a blank.

    With `kafka=True` its own broker is kept running for the module, so that each verb joins it instead of starting it.
    """
    with ExitStack() as brokers:

        def make(*, kafka: bool = False, **environment: str) -> Footfall:
            data = tmp_path_factory.mktemp("house") / "a site"
            if kafka:
                brokers.enter_context(embedded_broker(data))
            return Footfall(data, environment)

        yield make
