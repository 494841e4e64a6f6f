"""The wheel holds all that a run needs, and a run works from it."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

LINE = '203.0.113.{0} - - [22/Nov/2026:10:00:00 +0000] "GET /page HTTP/1.1" 200 5 "-" "Mozilla/5.0 Firefox/145.0"\n'


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=project, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def in_environment(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / "bin" / words[0]), *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FOOTFALL"))},
    )


def run_from(environment: Path) -> None:
    """Take a small log the whole way with the installed command, far from the checkout."""
    log = environment / "access.log"
    log.write_text("".join(LINE.format(number) for number in range(30)))
    done = in_environment(environment, "footfall", "run", "--log", str(log), "--data", str(environment / "data"))
    assert "30" in done.stdout
    where = in_environment(environment, "python", "-c", "import footfall; print(footfall.__file__)").stdout
    assert where.startswith(str(environment))
    assert "/page" in (environment / "data" / "report.html").read_text()


def test_data_is_in_the_wheel_and_maintainers_programs_are_not(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "policy/plimus-1.4.toml" in names
    for ending in ("places_v4.parquet", "geo_daily.sql", "world.json", "LICENSES/README.md", "/LICENSE"):
        assert any(name.endswith(ending) for name in names), ending
    assert not [
        name
        for name in names
        if name.startswith(("tests/", "bench/", "docs/")) or name.endswith(".png") or "/build/" in name
    ]


@pytest.mark.kafka
def test_a_run_works_from_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """Only our own packages are installed anew; the dependencies are those of this environment."""
    venv.create(tmp_path, with_pip=False)
    words = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(tmp_path / "bin" / "python"),
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(words, check=True, capture_output=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path)}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run_from(tmp_path)


@pytest.mark.long
@pytest.mark.kafka
def test_the_wheel_installs_into_an_empty_environment(wheel: Path, project: Path, tmp_path: Path) -> None:
    """Everything from the registry, by plain pip and hashes."""
    venv.create(tmp_path, with_pip=True)
    in_environment(tmp_path, "pip", "install", "-q", "--require-hashes", "-r", str(project / "requirements.lock"))
    in_environment(tmp_path, "pip", "install", "-q", "--no-deps", str(wheel))
    run_from(tmp_path)
