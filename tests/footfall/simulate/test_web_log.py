"""The simulated web log: the same seed gives the same bytes, and planted.json tells the truth about them."""

import gzip
import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest

from footfall.simulate import Planted, write_web_log
from policy.errors import UsageError
from tests.footfall.simulate.reading import Recount, lines_of, recount

START = date(2026, 11, 9)


def hash_of(folder: Path, *, but: str = "") -> str:
    files = sorted(file for file in folder.iterdir() if file.name != but)
    return hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "proxy"])
def log(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Planted, list[bytes], Recount]:
    folder = tmp_path_factory.mktemp("log")
    planted = write_web_log(folder, seed=11, start=START, days=3, visitors_a_day=400, proxy=request.param)
    lines = lines_of(folder, planted)
    return planted, lines, recount(lines)


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write_web_log(here, seed=3, start=START, days=2, visitors_a_day=60, compress=True)
    program = (
        "import sys; from datetime import date; from pathlib import Path; from footfall.simulate import write_web_log; "
        "write_web_log(Path(sys.argv[1]), seed=3, start=date(2026, 11, 9), days=2, visitors_a_day=60, compress=True)"
    )
    other = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", program, there], env=other, check=True, timeout=60)
    assert hash_of(here) == hash_of(there)


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    one, two = (
        write_web_log(tmp_path / str(seed), seed=seed, start=START, days=1, visitors_a_day=60) for seed in (3, 4)
    )
    assert hash_of(tmp_path / "3") != hash_of(tmp_path / "4")
    assert not set(one.addresses) & set(two.addresses)


def test_a_longer_log_begins_like_a_shorter_one(tmp_path: Path) -> None:
    write_web_log(tmp_path / "short", seed=3, start=START, days=1, visitors_a_day=60)
    write_web_log(tmp_path / "long", seed=3, start=START, days=2, visitors_a_day=60)
    name = "access-2026-11-09.log"
    assert (tmp_path / "short" / name).read_bytes() == (tmp_path / "long" / name).read_bytes()


def test_compression_changes_the_files_alone(tmp_path: Path) -> None:
    plain = write_web_log(tmp_path / "plain", seed=3, start=START, days=1, visitors_a_day=60)
    packed = write_web_log(tmp_path / "packed", seed=3, start=START, days=1, visitors_a_day=60, compress=True)
    assert packed.files == ["access-2026-11-09.log.gz"]
    assert (
        gzip.decompress((tmp_path / "packed" / packed.files[0]).read_bytes())
        == (tmp_path / "plain" / plain.files[0]).read_bytes()
    )
    assert packed.page_views_by_day == plain.page_views_by_day


def test_planted_is_written_beside_the_log(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    planted = write_web_log(
        tmp_path, seed=3, start=START, days=2, visitors_a_day=20, progress=lambda done, days: seen.append((done, days))
    )
    assert Planted.read(tmp_path) == planted
    assert seen == [(1, 2), (2, 2)]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "access-2026-11-09.log",
        "access-2026-11-10.log",
        "planted.json",
    ]


def test_every_line_has_one_fate(log: tuple[Planted, list[bytes], Recount]) -> None:
    planted, lines, _ = log
    assert planted.lines == len(lines)
    assert planted.lines == planted.kept + sum(planted.dropped.values()) + sum(planted.dead_letters.values())
    assert planted.dropped == {"blank_line": lines.count(b"")}
    assert set(planted.dead_letters) == {"not_a_log_line", "unreadable_time", "time_out_of_range"}
    assert planted.dead_letters["unreadable_time"] == sum(b"[31/Feb/" in line for line in lines)
    assert planted.dead_letters["time_out_of_range"] == sum(b"[01/Jan/1970:00:00:" in line for line in lines)
    assert planted.repeated <= sum(times - 1 for line, times in Counter(lines).items() if line)


def test_the_counts_are_true(log: tuple[Planted, list[bytes], Recount]) -> None:
    planted, _, found = log
    assert found.kept == planted.kept
    assert found.robot_lines == planted.robot_lines
    assert found.bytes_sum == planted.bytes_sum
    assert len(found.pairs) == planted.address_agent_days
    assert sum(found.page_views.values()) == planted.page_views == sum(planted.page_views_by_country.values())
    assert found.page_views == {day.isoformat(): views for day, views in planted.page_views_by_day.items()}
    assert Counter(day for day, _, _ in found.visitors) == {
        day.isoformat(): visitors for day, visitors in planted.visitors_by_day.items()
    }
    assert found.statuses == {
        (day.isoformat(), status): count
        for day, counts in planted.kept_by_day_and_status.items()
        for status, count in counts.items()
    }


def test_every_secret_stands_in_the_log(log: tuple[Planted, list[bytes], Recount]) -> None:
    planted, lines, _ = log
    text = b"\n".join(lines)
    kinds = {"password", "token", "session", "email", "card", "phone", "uuid", "user_name", "forum_author"}
    assert kinds <= set(planted.secrets)
    missing = [secret for kind in kinds for secret in planted.secrets[kind] if secret.encode() not in text]
    assert missing == []
    decoded = [secret for kind, found in planted.secrets.items() if kind not in kinds for secret in found]
    assert all(secret.replace("@", "%40").encode() in text for secret in decoded)


def test_secrets_are_made_up_and_look_real(log: tuple[Planted, list[bytes], Recount]) -> None:
    planted, _, _ = log
    assert all(name.count(" ") >= 2 for name in planted.secrets["user_name"])
    assert all(email.endswith(("example.org", "example.com")) for email in planted.secrets["email"])
    for card in planted.secrets["card"]:
        digits = [int(digit) for digit in reversed(card) if digit != "-"]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
        assert (len(digits), (sum(digits[::2]) + sum(doubled)) % 10) == (16, 0)


def test_every_address_is_known(log: tuple[Planted, list[bytes], Recount]) -> None:
    planted, _, found = log
    if planted.proxies:
        assert found.peers == set(planted.proxies)
    assert found.clients <= set(planted.addresses)
    assert len(set(planted.addresses)) == len(planted.addresses)
    versions = Counter(ip_address(address).version for address in found.clients)
    assert 0.1 < versions[6] / versions.total() < 0.3


def test_a_log_has_all_that_logs_have(log: tuple[Planted, list[bytes], Recount]) -> None:
    planted, lines, found = log
    text = b"\n".join(lines)
    assert {status for _, status in found.statuses} >= {200, 206, 301, 302, 304, 400, 403, 404}
    wanted = [
        rb'"\x16\x03\x01',
        b'"\x16\x03\x01',
        b'"HEAD / ',
        b'"POST /',
        b'"https://www.google.com/"',
        b'"GET /feed.xml',
    ]
    wanted += [b'"https://www.shop.example/', b' "-"', b"\xc3\xb6", b"gr\xf6\xdfe", rb"q=\"><script"]
    assert [piece for piece in wanted if piece not in text] == []
    assert (b' "192.168.1.77, ' in text) is bool(planted.proxies)


@pytest.mark.parametrize(("name", "value"), [("seed", -1), ("days", 0), ("visitors_a_day", 0)])
def test_numbers_out_of_range_are_wrong_use(tmp_path: Path, name: str, value: int) -> None:
    given = {"seed": 1, "days": 1, "visitors_a_day": 5, name: value}
    with pytest.raises(UsageError, match=f"{name.replace('_', ' ')} must be .* {value} was given"):
        write_web_log(
            tmp_path / "log",
            seed=given["seed"],
            start=START,
            days=given["days"],
            visitors_a_day=given["visitors_a_day"],
        )
    assert not (tmp_path / "log").exists()


def test_a_shop_with_one_visitor_has_a_log_too(tmp_path: Path) -> None:
    planted = write_web_log(tmp_path, seed=1, start=START, days=2, visitors_a_day=1)
    assert planted.lines == len(lines_of(tmp_path, planted))
    assert planted.robot_lines > 0
