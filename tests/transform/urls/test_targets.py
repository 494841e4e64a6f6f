import gzip
import random
import string
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transform.urls import DEFAULT_ALLOWED, scrub_targets
from transform.urls.paths import PATH_LENGTH_MAX, scrub_path
from transform.urls.personal import PLACEHOLDERS
from transform.urls.queries import QUERY_LENGTH_MAX


def cases() -> list[dict[str, Any]]:
    text = (Path(__file__).parents[2] / "data" / "urls.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["case"]
    for case in listed:
        assert {"why", "target", "path"} <= case.keys() <= {"why", "target", "path", "query"}
    return listed


def scrub(target: str | None) -> tuple[str, str | None]:
    paths, queries = scrub_targets(pa.array([target], pa.string()), DEFAULT_ALLOWED)
    return paths[0].as_py(), queries[0].as_py()


def again(path: str, query: str | None) -> str:
    return path if query is None else f"{path}?{query}"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_a_case_r13(case: dict[str, Any]) -> None:
    assert scrub(case["target"]) == (case["path"], case.get("query"))
    assert scrub(again(*scrub(case["target"]))) == (case["path"], case.get("query"))


def test_all_cases_in_one_column() -> None:
    listed = cases()
    paths, queries = scrub_targets(pa.array([case["target"] for case in listed]), DEFAULT_ALLOWED)
    assert paths.to_pylist() == [case["path"] for case in listed]
    assert queries.to_pylist() == [case.get("query") for case in listed]


def test_a_part_of_a_column_is_scrubbed_as_it_is_alone() -> None:
    targets = [case["target"] for case in cases()]
    for start, length in ((1, 7), (20, 1), (len(targets), 0)):
        part = pa.array(["/?page=1#x", *targets]).slice(start, length)
        paths, queries = scrub_targets(part, DEFAULT_ALLOWED)
        expected = [scrub(target) for target in part.to_pylist()]
        assert list(zip(paths.to_pylist(), queries.to_pylist(), strict=True)) == expected


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(["", "-", "/", "/a", "/a?", "#", "?", "/?page=2", "/b#?page=3", "x://h?sort=up"]), max_size=5
    )
)
def test_targets_do_not_depend_on_their_neighbours(targets: list[str]) -> None:
    paths, queries = scrub_targets(pa.array(targets, pa.string()), DEFAULT_ALLOWED)
    assert list(zip(paths.to_pylist(), queries.to_pylist(), strict=True)) == [scrub(target) for target in targets]


def test_no_targets_and_no_target() -> None:
    paths, queries = scrub_targets(pa.array([], pa.string()), DEFAULT_ALLOWED)
    assert (len(paths), len(queries)) == (0, 0)
    assert scrub(None) == ("-", None)


def test_a_site_may_allow_more_but_no_credential_r26_and_nobody_r35() -> None:
    targets = pa.array(["/?colour=red&session_token=abc&page=2&author=jane"])
    _, queries = scrub_targets(targets, frozenset({"colour", "session_token", "author"}))
    assert queries.to_pylist() == ["colour=red"]


SEGMENTS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="abcdef0123456789-._", max_size=24),
    st.text(alphabet="%25406aAfF/@.:;=&?+# ", max_size=24),
    st.sampled_from(["reset", "user", "members", "Profile", "customers", "token", "id", "u", "user-1", "~x", "@y"]),
    st.sampled_from(
        ["jane@example.com", "%2B4989123456", "2001:db8::1", "192.0.2.1", "4111111111111111", "..", "%", "%4"]
    ),
    st.sampled_from(sorted(PLACEHOLDERS)),
)
TARGETS = st.lists(SEGMENTS, max_size=6).map(lambda segments: "/" + "/".join(segments))


@settings(max_examples=300)
@given(TARGETS | st.text(max_size=40))
@example("/%25{id}40")
@example("/a%2")
@example("/user/%2540/x")
def test_scrubbing_again_changes_nothing_and_shape_holds(target: str) -> None:
    path, query = scrub(target)
    assert scrub(again(path, query)) == (path, query)
    assert path in {"-", "*"} or path.startswith("/")
    assert len(path) <= PATH_LENGTH_MAX
    assert "#" not in path
    assert "?" not in path
    assert query is None or 0 < len(query) <= QUERY_LENGTH_MAX


@settings(max_examples=300)
@given(TARGETS)
def test_the_fast_look_misses_nothing_that_the_exact_way_would_change(target: str) -> None:
    path = target.partition("#")[0].partition("?")[0]
    assert scrub(path)[0] == scrub_path(path)


def test_the_fast_look_in_a_column_of_many(shared: Path) -> None:
    targets = real_targets(shared).to_pylist()
    paths, _ = scrub_targets(pa.array(targets), DEFAULT_ALLOWED)
    exact = [scrub_path(target.partition("#")[0].partition("?")[0]) for target in targets]
    assert paths.to_pylist() == exact


ENCODINGS = st.sampled_from(
    [
        lambda text: text,
        lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
        lambda text: "".join(f"%25{byte:02x}" for byte in text.encode()),
        lambda text: text.replace("@", "%40").replace("+", "%2b").replace(":", "%3A"),
    ]
)
PLACES = st.sampled_from(
    ["/{}", "/x/{}/y.html", "/a-{}", "/{}.html", "/?page={}", "/p?q={}&lang=de", "/#{}", "http://{}@h/", "/a;v={}"]
)
PERSONAL = st.one_of(
    st.emails(domains=st.just("mail.example")).filter(lambda text: not set('/?#&;=%"+`{}|^*') & set(text)),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.uuids().map(str),
    st.from_regex(r"\+[1-9]\d{8,13}", fullmatch=True),
    st.from_regex(r"[1-9]\d{2}-[1-9]\d{2}-\d{4}", fullmatch=True).filter(lambda text: text[0] != "1"),
    st.from_regex(r"[3-9]\d{12,18}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{16,40}", fullmatch=True),
)


@settings(max_examples=300)
@given(PLACES, PERSONAL, ENCODINGS)
def test_what_names_a_person_never_comes_out_r13(place: str, personal: str, encoding: Any) -> None:
    path, query = scrub(place.replace("{}", encoding(personal)))
    kept = again(path, query)
    assert personal not in kept
    assert encoding(personal) not in kept


@settings(max_examples=200)
@given(
    st.sampled_from(["reset", "verify", "confirm", "invite", "unsubscribe", "activate", "token", "session", "magic"]),
    st.text(alphabet=string.ascii_letters + string.digits + "-_.~", min_size=6, max_size=30).filter(
        lambda text: any(s.isdigit() for s in text)
    ),
)
def test_a_token_in_the_path_never_comes_out_r13(word: str, token: str) -> None:
    if token not in {"v1", "v2", "v3"}:
        assert scrub(f"/account/{word}/{token}?page=1") == (f"/account/{word}/{{token}}", "page=1")


@pytest.mark.parametrize(
    ("alphabet", "found_min"),
    [
        (string.ascii_letters + string.digits, 0.97),
        (string.ascii_letters + string.digits + "-_", 0.96),
        (string.ascii_lowercase + string.digits, 0.97),
        (string.ascii_lowercase + "234567", 0.95),
        (string.ascii_lowercase, 0.85),
    ],
)
def test_tokens_are_told_from_words(alphabet: str, found_min: float) -> None:
    chance = random.Random(13)
    tokens = ["".join(chance.choices(alphabet, k=chance.randint(16, 40))) for _ in range(500)]
    paths, _ = scrub_targets(pa.array([f"/share/{token}" for token in tokens]), DEFAULT_ALLOWED)
    found = sum(token not in path for token, path in zip(tokens, paths.to_pylist(), strict=True))
    assert found / len(tokens) >= found_min


def real_targets(shared: Path) -> pa.StringArray:
    with gzip.open(shared / "weblogs" / "apache_logs.gz", "rt", encoding="utf-8", errors="replace") as log:
        return pa.array(sorted({line.split('"')[1].split(" ")[1] for line in log}))


def test_a_real_log_keeps_its_pages(shared: Path) -> None:
    """Of 1,498 targets 25 paths change: doubled slashes, home pages, one visitor's free text, and hashed names of files."""
    targets = real_targets(shared)
    paths, _ = scrub_targets(targets, DEFAULT_ALLOWED)
    raw = pc.replace_substring_regex(targets, r"[?#].*", "")
    changed = {(old, new) for old, new in zip(raw.to_pylist(), paths.to_pylist(), strict=True) if old != new}
    files = {new for old, new in changed if new.endswith((".ttf", ".png"))}
    others = {old for old, new in changed if new not in files and "~" not in old and "//" not in old}
    assert len(changed) <= 25
    assert len(others) == 1
    assert all("{long}" in new for old, new in changed if old in others)


def test_a_path_of_any_length_is_scrubbed_in_time() -> None:
    for piece in ("a1-", "%25", "9 ", "@", "0.", ":", "A", "/x", "=", "(9", "user/"):
        path, _ = scrub("/" + piece * 8000)
        assert len(path) <= PATH_LENGTH_MAX
