import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.wire.broker import BrokerError, default_cache, embedded_broker
from ingest.wire.broker.configuration import Home
from ingest.wire.broker.jars import provide_jars
from ingest.wire.broker.java import CACHES_MAX, Ahead, Java
from ingest.wire.broker.locks import is_held


@pytest.fixture
def java(tmp_path: Path) -> Java:
    """Give a Java with one jar of no content and an empty cache folder."""
    jar = tmp_path / "one.jar"
    jar.touch()
    return Java((jar,), tmp_path / "cache")


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def test_the_first_run_is_watched_and_the_next_ones_do_without(java: Java) -> None:
    first = java.ahead()
    assert [flag.partition("=")[0] for flag in first.flags] == ["-XX:AOTCacheOutput"]
    assert first.lock is not None
    second = java.ahead()
    assert second.flags == ()
    assert second.lock is None
    first.close()
    assert not is_held(only(java.cache, "*.lock"))


@pytest.mark.parametrize("content", [b"", b"half a cache", bytes(100_000)])
def test_a_part_that_java_does_not_accept_is_never_used(java: Java, content: bytes) -> None:
    java.ahead().close()
    part = only(java.cache, "*.lock").with_suffix(".part")
    part.write_bytes(content)
    again = java.ahead()
    again.close()
    assert [flag.partition("=")[0] for flag in again.flags] == ["-XX:AOTCacheOutput"]
    assert not part.exists()
    assert list(java.cache.glob("*.aot")) == []


def test_a_finished_cache_is_used_and_a_touched_jar_needs_another(java: Java) -> None:
    java.ahead().close()
    finished = only(java.cache, "*.lock").with_suffix(".aot")
    finished.touch()
    assert java.ahead().flags == (f"-XX:AOTCache={finished}",)
    os.utime(java.class_path[0], (1, 1))
    other = java.ahead()
    other.close()
    assert other.lock is not None


@pytest.mark.parametrize(
    ("watched", "code", "kept", "again"),
    [
        (False, 1, True, False),  # Kafka's own failure
        (False, -6, False, True),  # Java crashed
        (False, -9, True, False),  # somebody killed it
        (True, 1, False, False),  # a failed run wrote too little
        (True, -9, False, False),
    ],
)
def test_a_cache_is_removed_when_a_start_fails_because_of_it(
    tmp_path: Path, *, watched: bool, code: int, kept: bool, again: bool
) -> None:
    file = tmp_path / "file"
    file.touch()
    ahead = Ahead(("-XX:flag",), file, 0 if watched else None)
    assert ahead.distrust(code) is again
    assert file.exists() is kept
    assert not Ahead().distrust(code)


def test_the_caches_used_last_are_kept(java: Java) -> None:
    java.ahead().close()
    finished = only(java.cache, "*.lock").with_suffix(".aot")
    finished.touch()
    for age in range(CACHES_MAX + 2):
        old = java.cache / f"ahead-{age}.aot"
        old.touch()
        os.utime(old, (1000 - age, 1000 - age))
    assert java.ahead().file == finished
    kept = {path.name for path in java.cache.glob("*.aot")}
    assert kept == {finished.name, *(f"ahead-{age}.aot" for age in range(CACHES_MAX - 1))}


def test_a_cache_that_cannot_be_written_does_not_stop_the_broker(java: Java) -> None:
    java.cache.write_text("no folder")
    assert java.ahead().flags == ()


def test_a_class_path_that_java_would_cut_is_an_error(java: Java) -> None:
    with pytest.raises(BrokerError, match=r"cannot take a class path with ':' in it"):
        replace(java, class_path=(Path("/odd:folder/one.jar"),)).command((), "Main")


@pytest.mark.long
@pytest.mark.kafka
def test_the_first_stop_leaves_a_cache_that_the_next_start_uses(tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    jars.mkdir()
    for path in provide_jars(None, default_cache()):
        (jars / path.name).symlink_to(path)
    cache = tmp_path / "cache"
    with embedded_broker(tmp_path, jars=jars, cache=cache):
        assert is_held(only(cache, "*.lock"))
    lock = only(cache, "*.lock")
    deadline = time.monotonic() + 90
    while is_held(lock) and time.monotonic() < deadline:
        with embedded_broker(tmp_path, jars=jars, cache=cache):  # the writer is in nobody's way
            assert not list(cache.glob("*.aot")) or not is_held(lock)
    with embedded_broker(tmp_path, jars=jars, cache=cache) as broker:
        assert only(cache, "*.aot").stat().st_size > 10_000_000
        assert f"-XX:AOTCache={only(cache, '*.aot')}" in Path(f"/proc/{broker.pid}/cmdline").read_text().split("\0")
    assert "Exception" not in Home.of(tmp_path).log.read_text()
