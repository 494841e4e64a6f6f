"""Finding and reading policy files: known and unknown versions, paths, files that are no policy."""

import re
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import Policy, PolicyError, load_policy
from policy.errors import FootfallError, UsageError
from policy.load import policy_from

SHIPPED = resources.files("policy") / "plimus-1.4.toml"


def test_a_shipped_version(plimus: Policy) -> None:
    assert (plimus.name, plimus.version) == ("plimus", "1.4")
    assert load_policy() == plimus


def test_r1_an_unknown_version_stops_the_run_and_the_known_ones_are_listed() -> None:
    with pytest.raises(
        UsageError, match=r'^the policy version "plimus-9\.9" is not known \(R1\); known are: .*plimus-1\.4'
    ):
        load_policy("plimus-9.9")


def test_a_policy_error_is_a_failure_and_a_usage_error_is_wrong_use() -> None:
    assert issubclass(PolicyError, FootfallError)
    assert (PolicyError.exit_code, UsageError.exit_code) == (1, 2)


def test_a_policy_shows_itself_briefly(plimus: Policy) -> None:
    assert repr(plimus) == "<policy plimus 1.4>"


def test_a_path_works_as_text_and_as_path(tmp_path: Path, plimus: Policy) -> None:
    copy = tmp_path / "house.toml"
    copy.write_bytes(SHIPPED.read_bytes())
    assert load_policy(copy) == plimus
    assert load_policy(str(copy)) == plimus


def test_a_changed_copy_is_loaded_as_changed(tmp_path: Path) -> None:
    copy = tmp_path / "house.toml"
    copy.write_text(SHIPPED.read_text("utf-8").replace("\nk = 10 ", "\nk = 25 "), "utf-8")
    assert load_policy(copy).k == 25


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.toml cannot be read: No such file"):
        load_policy(tmp_path / "absent.toml")


def test_a_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_policy(tmp_path)


def test_broken_toml_is_told_with_line_and_column(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "plimus"\nversion = \n', "utf-8")
    with pytest.raises(PolicyError, match=r"broken\.toml is not TOML: .*line 2, column 11"):
        load_policy(broken)


def test_another_encoding_is_told_with_its_byte(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes('name = "caf\xe9"'.encode("latin-1"))
    with pytest.raises(PolicyError, match=r"latin\.toml is not UTF-8 at byte 11"):
        load_policy(latin)


def test_an_empty_file_lists_what_is_missing(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.touch()
    with pytest.raises(PolicyError) as caught:
        load_policy(empty)
    required = {f"{field.name}: missing" for field in msgspec.structs.fields(Policy)}
    assert set(caught.value.findings) == required


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
DOCUMENT: dict[str, Any] = msgspec.toml.decode(SHIPPED.read_bytes())


@settings(max_examples=60, deadline=None)
@given(data=st.data(), junk=JUNK)
def test_whatever_stands_in_a_file_each_defect_is_told_with_its_place(data: st.DataObject, junk: Any) -> None:
    """Junk anywhere in the file is accepted, or refused with places that begin at a section; nothing else is raised."""
    section = data.draw(st.sampled_from(sorted(DOCUMENT)))
    document = {**DOCUMENT, section: _with_junk(DOCUMENT[section], junk, data)}
    for finding in _findings(document):
        place, _, text = finding.partition(": ")
        assert re.split(r"[.\[]", place)[0] in DOCUMENT, finding
        assert text, finding


def _findings(document: dict[str, Any]) -> tuple[str, ...]:
    try:
        policy_from(document, "junk.toml")
    except PolicyError as error:
        return error.findings or ("a refusal without findings",)
    return ()


def _with_junk(value: Any, junk: Any, data: st.DataObject) -> Any:
    if not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 3)) == 0:
        return junk
    if isinstance(value, list):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], _with_junk(value[at], junk, data), *value[at + 1 :]]
    key = data.draw(st.sampled_from(sorted(value)))
    return {**value, key: _with_junk(value[key], junk, data)}
