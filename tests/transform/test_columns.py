import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transform.columns import SAMPLE_ROWS, codes_and_values, constant, only_used, spread, with_missing

TEXTS = st.lists(st.sampled_from(["a", "b", "c"]) | st.none(), max_size=8)


@given(TEXTS, st.lists(st.booleans(), min_size=8, max_size=8))
def test_what_no_row_says_is_not_in_the_dictionary_any_more(texts: list[str | None], stays: list[bool]) -> None:
    column = pa.array(texts, pa.string()).dictionary_encode()
    table = pa.table({"text": column, "number": pa.array(range(len(texts)))}).filter(
        pa.array(stays[: len(texts)], pa.bool_())
    )
    lean = only_used(table)
    assert lean.to_pylist() == table.to_pylist()
    said = {text for text in table.column("text").to_pylist() if text is not None}
    dictionaries = [chunk.dictionary.to_pylist() for chunk in lean.column("text").chunks]
    assert all(set(dictionary) == said for dictionary in dictionaries)


@pytest.mark.parametrize("at", [0, SAMPLE_ROWS - 1, SAMPLE_ROWS, 2 * SAMPLE_ROWS])
def test_a_word_is_kept_wherever_its_only_row_is(at: int) -> None:
    codes: list[int | None] = [0, None] * (SAMPLE_ROWS + 1)
    codes[at] = 126
    entries = pa.array([f"word {number}" for number in range(127)])
    column = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), entries)
    lean = only_used(pa.table({"text": column}).slice(0, len(codes) - 1)).column("text").combine_chunks()
    assert lean.to_pylist() == column.to_pylist()[:-1]
    assert lean.dictionary.to_pylist() == ["word 0", "word 126"]


def test_a_constant_column_says_the_same_in_each_row_or_nothing() -> None:
    assert constant("web", 2).to_pylist() == ["web", "web"]
    assert constant(None, 2).to_pylist() == [None, None]
    assert constant("web", 0).to_pylist() == []
    for rows in (1, 127, 128, 129):
        for value in ("web", None):
            column = constant(value, rows)
            column.validate(full=True)
            assert column.to_pylist() == [value] * rows


def test_missing_values_get_an_entry_of_their_own() -> None:
    column = with_missing(pa.chunked_array([pa.array(["a", None, "a"]).dictionary_encode()]))
    assert column.indices.null_count == 0
    assert column.to_pylist() == ["a", None, "a"]


def test_a_null_in_the_dictionary_is_no_value_either() -> None:
    entries = pa.array(["a", None])
    codes, values = codes_and_values(pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), entries))
    assert codes.tolist() == [0, -1, -1]
    assert values.to_pylist() == ["a", None]


@given(TEXTS, st.lists(st.sampled_from(["x", "y"]) | st.none(), min_size=4, max_size=4))
def test_each_row_has_the_value_of_its_key(texts: list[str | None], answers: list[str | None]) -> None:
    keys = pa.array(texts, pa.string()).dictionary_encode()
    entries = keys.dictionary.to_pylist()
    answer_of = dict(zip(entries, answers, strict=False))
    values = pa.array([answer_of[entry] for entry in entries], pa.string())
    expected = [None if text is None else answer_of[text] for text in texts]
    assert spread(values, keys).to_pylist() == expected
    assert spread(pc.equal(values, "x"), keys).to_pylist() == [None if one is None else one == "x" for one in expected]


def test_fewer_values_than_keys_are_a_fault() -> None:
    with pytest.raises(ValueError, match="2 keys have 1 values"):
        spread(pa.array(["x"]), pa.array(["a", "b"]).dictionary_encode())
