import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from transform.access_log.views import ROOM, numbers, string_views


@given(st.lists(st.text(st.characters(max_codepoint=127), max_size=40), min_size=1))
def test_views_are_the_texts_as_arrow_would_have_them(texts: list[str]) -> None:
    raw = np.frombuffer("".join(texts).encode() + b"x" * ROOM, np.uint8)
    ends = np.cumsum([len(text) for text in texts])
    views = string_views(raw, np.concatenate([[0], ends[:-1]]), ends)
    views.validate(full=True)
    assert views.to_pylist() == texts
    assert views.equals(pa.array(texts, pa.string_view()))


@given(st.lists(st.from_regex(r"[0-9]{1,18}|[0-9 -]{1,18}|[ -~]{1,18}", fullmatch=True), min_size=1))
def test_numbers_are_numbers_and_nothing_else_is(texts: list[str]) -> None:
    raw = np.frombuffer(b"9" * 18 + "".join(texts).encode(), np.uint8)
    ends = 18 + np.cumsum([len(text) for text in texts])
    values, good = numbers(raw, np.concatenate([[18], ends[:-1]]), ends)
    assert good.tolist() == [text.isdigit() for text in texts]
    assert [value for value, is_good in zip(values.tolist(), good, strict=True) if is_good] == [
        int(text) for text in texts if text.isdigit()
    ]
