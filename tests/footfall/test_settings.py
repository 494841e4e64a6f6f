"""Settings come from a file, the environment and flags, and a wrong one is one clear line."""

from pathlib import Path

import pytest

from footfall.settings import Settings, load_settings, names
from policy.errors import UsageError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "footfall.toml"
    path.write_text(text)
    return path


def test_defaults_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}) == Settings()


def test_a_file_in_the_current_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, 'site = "shop"\n[sites.shop]\nhosts = ["shop.example"]\n[kafka]\npartitions = 3\n')
    settings = load_settings({})
    assert (settings.site, settings.kafka.partitions, settings.sites["shop"].hosts) == ("shop", 3, ("shop.example",))


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[kafka]\nbootstrap = "one:9092"\n[ingest]\nrows_max = 7\n')
    environment = {
        "FOOTFALL_KAFKA_BOOTSTRAP": "two:9092",
        "FOOTFALL_PROXIES_TRUSTED": "10.0.0.0/8,192.0.2.1",
        "OTHER": "x",
    }
    settings = load_settings(environment, path)
    assert (settings.kafka.bootstrap, settings.ingest.rows_max) == ("two:9092", 7)
    assert [str(network) for network in settings.trusted_proxies()] == ["10.0.0.0/8", "192.0.2.1/32"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[kafka]\nbootstap = "x"', "unknown setting kafka.bootstap; did you mean kafka.bootstrap?"),
        ("colour = 3", "unknown setting colour"),
        ("[kafka]\npartitions = 0", "kafka.partitions"),
        ('[geography]\nlevel = "city"', "geography.level: .*; it may be region, country$"),
        ("site = 3", "footfall.toml: site: Expected `str`"),
        ("kafka = 3", "unknown setting kafka"),
        ("site = ", "is no TOML"),
        ("[sites.shop]\nhost = []", "unknown setting sites.NAME.host; did you mean sites.NAME.hosts?"),
        ('[ingest]\nrows_max = "many"', "ingest.rows_max"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?")) as error:
        load_settings({}, written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_an_unknown_variable_names_its_neighbour() -> None:
    with pytest.raises(UsageError, match="FOOTFALL_KAFKA_BOOTSTAP; did you mean FOOTFALL_KAFKA_BOOTSTRAP"):
        load_settings({"FOOTFALL_KAFKA_BOOTSTAP": "x"})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings({}, tmp_path / "none.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings({"FOOTFALL_CONFIG": str(tmp_path / "none.toml")})


def test_a_wrong_network_is_named() -> None:
    with pytest.raises(UsageError, match=r"proxies.trusted: '10.0.0.0/99'"):
        load_settings({"FOOTFALL_PROXIES_TRUSTED": "10.0.0.0/99"}).trusted_proxies()


def test_every_setting_has_a_name() -> None:
    assert "kafka.bootstrap" in names()
    assert "sites.NAME.hosts" in names()
