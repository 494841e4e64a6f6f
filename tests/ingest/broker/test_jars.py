import hashlib
import re
import threading
from pathlib import Path

import pytest

from ingest.wire.broker import JarError, default_cache, jars, missing_bytes
from ingest.wire.broker.jars import Advance, Jar, fetch_by_coordinate, pinned_jars, provide_jars

CONTENTS = {"alpha": b"first jar", "beta": b"second", "gamma": b"the third one"}
TOTAL_BYTES = sum(map(len, CONTENTS.values()))


@pytest.fixture(autouse=True)
def three_pins(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Pin three small jars instead of Kafka's 32, except where those are the question."""
    if "real_pins" not in request.fixturenames:
        pins = tuple(
            Jar("org.example", name, "1.0", len(content), hashlib.sha256(content).hexdigest())
            for name, content in CONTENTS.items()
        )
        monkeypatch.setattr(jars, "pinned_jars", lambda: pins)


@pytest.fixture
def real_pins() -> tuple[Jar, ...]:
    return pinned_jars()


class Repository:
    """Stands for the network: hands out the jars, or something else."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.asked: list[str] = []

    def fetch(self, jar: Jar, scratch: Path, advance: Advance) -> Path:
        self.asked.append(jar.artifact)
        path = scratch / "deep" / "fetched"
        path.parent.mkdir()
        path.write_bytes(self.contents[jar.artifact])
        advance(len(self.contents[jar.artifact]))
        return path


def no_network(_jar: Jar, _scratch: Path, _advance: Advance) -> Path:
    raise ConnectionError("the network is unreachable")


def put(folder: Path, contents: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}-1.0.jar").write_bytes(content)
    return folder


def test_kafka_is_32_jars_of_36_megabytes(real_pins: tuple[Jar, ...], tmp_path: Path) -> None:
    assert len({jar.file_name for jar in real_pins}) == 32
    assert sum(jar.size_bytes for jar in real_pins) == 35_982_091
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in real_pins)
    assert [jar.version for jar in real_pins if jar.artifact == "kafka_2.13"] == ["4.4.0"]
    assert missing_bytes(None, tmp_path) == 35_982_091


def test_the_cache_is_in_the_home_folder() -> None:
    assert default_cache() == Path.home() / ".cache" / "footfall" / "kafka"


def test_jars_come_from_the_folder_then_the_cache_then_the_repository(tmp_path: Path) -> None:
    folder = put(tmp_path / "given", {"alpha": CONTENTS["alpha"]})
    cache = put(tmp_path / "cache", {"beta": CONTENTS["beta"]})
    repository = Repository(CONTENTS)
    assert missing_bytes(folder, cache) == len(CONTENTS["gamma"])
    paths = provide_jars(folder, cache, fetch=repository.fetch)
    assert repository.asked == ["gamma"]
    assert paths == (folder / "alpha-1.0.jar", cache / "beta-1.0.jar", cache / "gamma-1.0.jar")
    assert missing_bytes(folder, cache) == 0
    assert sorted(path.name for path in cache.iterdir()) == ["beta-1.0.jar", "fetch.lock", "gamma-1.0.jar"]


def test_the_folder_may_be_a_maven_repository(tmp_path: Path) -> None:
    for name, content in CONTENTS.items():
        put(tmp_path / "m2" / "org" / "example" / name / "1.0", {name: content})
    paths = provide_jars(tmp_path / "m2", tmp_path / "cache", fetch=no_network)
    assert [path.read_bytes() for path in paths] == list(CONTENTS.values())


def test_progress_counts_up_to_the_bytes_said_before(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    said = missing_bytes(None, tmp_path)
    provide_jars(None, tmp_path, lambda *step: told.append(step), Repository(CONTENTS).fetch)
    assert said == TOTAL_BYTES
    assert {total for _, _, total in told} == {said}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1] == ("gamma-1.0.jar", said, said)


@pytest.mark.parametrize("content", [b"first jaR", b"first jar and more", b""])
def test_a_jar_in_the_folder_that_is_not_the_pinned_one_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = put(tmp_path / "given", {"alpha": content})
    with pytest.raises(JarError, match=r"alpha-1\.0\.jar has .* expected\. Put the released org\.example:alpha:1\.0"):
        provide_jars(folder, tmp_path / "cache", fetch=Repository(CONTENTS).fetch)


@pytest.mark.parametrize("content", [b"firsT jar", b"firs"])
def test_a_fetched_jar_that_is_not_the_pinned_one_is_refused_and_not_kept(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(JarError, match=r"org\.example:alpha:1\.0 as fetched has .* so it was refused"):
        provide_jars(None, tmp_path, fetch=Repository({**CONTENTS, "alpha": content}).fetch)
    assert [path.name for path in tmp_path.iterdir()] == ["fetch.lock"]


def test_a_damaged_jar_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    cache = put(tmp_path, {**CONTENTS, "beta": b"sEcond"})
    repository = Repository(CONTENTS)
    provide_jars(None, cache, fetch=repository.fetch)
    assert repository.asked == ["beta"]
    assert (cache / "beta-1.0.jar").read_bytes() == CONTENTS["beta"]


def test_without_network_the_error_names_the_jar_and_the_ways_out(tmp_path: Path) -> None:
    cache = put(tmp_path, {"alpha": CONTENTS["alpha"]})
    with pytest.raises(JarError) as caught:
        provide_jars(None, cache, fetch=no_network)
    text = str(caught.value)
    assert "org.example:beta:1.0" in text
    assert "the network is unreachable" in text
    assert "FOOTFALL_KAFKA_JARS" in text
    assert "kafka.bootstrap" in text
    assert "\n" not in text
    assert caught.value.exit_code == 1


def test_the_resolver_is_asked_by_coordinate(tmp_path: Path) -> None:
    jar = jars.pinned_jars()[0]
    kept = put(tmp_path / "org" / "example" / "alpha" / "1.0", {"alpha": CONTENTS["alpha"]})
    assert fetch_by_coordinate(jar, tmp_path, lambda _size_bytes: None) == kept / "alpha-1.0.jar"


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JarError, match=r"FOOTFALL_KAFKA_JARS names .*absent, which is no folder"):
        provide_jars(tmp_path / "absent", tmp_path / "cache")


def test_a_cache_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JarError, match=r"cannot be kept in .*: Not a directory"):
        provide_jars(None, tmp_path / "file" / "cache")


def test_users_who_come_at_once_fetch_each_jar_once(tmp_path: Path) -> None:
    repository = Repository(CONTENTS)
    found: list[tuple[Path, ...]] = []

    def use() -> None:
        found.append(provide_jars(None, tmp_path, fetch=repository.fetch))

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert sorted(repository.asked) == sorted(CONTENTS)
    assert len(set(found)) == 1
    assert len(found) == 4
