import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from transform.access_log.views import ROOM, no_views, numbers, string_views, taken


@given(st.lists(st.text(st.characters(max_codepoint=127), max_size=40), min_size=1))
def test_views_are_the_texts_as_arrow_would_have_them(texts: list[str]) -> None:
    raw = np.frombuffer("".join(texts).encode() + b"x" * ROOM, np.uint8)
    ends = np.cumsum([len(text) for text in texts])
    views = string_views(raw, np.concatenate([[0], ends[:-1]]), ends)
    array = pa.Array.from_buffers(pa.string_view(), len(texts), [None, pa.py_buffer(views), pa.py_buffer(raw)])
    array.validate(full=True)
    assert array.equals(pa.array(texts, pa.string_view()))
    assert taken(views, raw).to_pylist() == texts


@given(st.lists(st.none() | st.text(st.characters(max_codepoint=127), max_size=40), min_size=1), st.integers(0, 9))
def test_texts_are_taken_from_a_block_within_a_buffer(texts: list[str | None], before: int) -> None:
    raw = np.frombuffer(b"y" * before + "".join(text or "" for text in texts).encode() + b"x" * ROOM, np.uint8)
    ends = np.cumsum([len(text or "") for text in texts])
    views = string_views(raw[before:], np.concatenate([[0], ends[:-1]]), ends, before)
    views[[text is None for text in texts]] = no_views(1)
    assert taken(views, raw).to_pylist() == texts


@given(st.lists(st.from_regex(r"[0-9]{1,18}|[0-9 -]{1,18}|[ -~]{1,18}", fullmatch=True), min_size=1))
def test_numbers_are_numbers_and_nothing_else_is(texts: list[str]) -> None:
    raw = np.frombuffer(b"9" * 18 + "".join(texts).encode(), np.uint8)
    ends = 18 + np.cumsum([len(text) for text in texts])
    values, good = numbers(raw, np.concatenate([[18], ends[:-1]]), ends)
    assert good.tolist() == [text.isdigit() for text in texts]
    assert [value for value, is_good in zip(values.tolist(), good, strict=True) if is_good] == [
        int(text) for text in texts if text.isdigit()
    ]
