"""Records as a page writes them, which is nearly all of them, read by the compiled kernel."""

from collections import Counter
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kernels.events import Events, Field, read_events
from transform.columns import bytes_and_bounds
from transform.events.fields import COLUMN_TYPES, RECORD_BYTES_MAX, Declared, Form, Shape

_FIELDS: Final = {
    Form.TEXT: Field.TEXT,
    Form.SINGLE: Field.SINGLE,
    Form.FLAG: Field.FLAG,
    Form.NUMBER: Field.NUMBER,
    Form.TEXTS: Field.OTHER,
}


class Plain(NamedTuple):
    """What the plain records said: which they are, the columns of `Decoded`, and how often each undeclared name came."""

    rows: npt.NDArray[np.int64]
    columns: dict[str, pa.Array]
    undeclared: Counter[str]


def read_plain(values: pa.BinaryArray, shape: Shape) -> Plain:
    """Decode the plain records among `values`; of the others it says nothing, not even whether they are good."""
    raw, bounds = bytes_and_bounds(values)
    starts, ends = bounds[:-1].astype(np.int64), bounds[1:].astype(np.int64)
    if values.null_count:
        ends = np.where(values.is_valid().to_numpy(zero_copy_only=False), ends, starts)
    fields = [(one.name, _FIELDS[one.form]) for one in shape.fields]
    events = read_events(raw, starts, ends, fields=fields, bytes_max=RECORD_BYTES_MAX)
    names = _texts(events, len(fields)).to_pylist()
    columns = {one.name: _column(events, at, one) for at, one in enumerate(shape.fields)}
    undeclared = Counter(dict(zip(names, events.others.tolist(), strict=True)))
    return Plain(events.rows.astype(np.int64), columns, undeclared)


def _column(events: Events, at: int, declared: Declared) -> pa.Array:
    if events.texts[at] is None:  # a field that nobody sends
        nulls = pa.nulls(len(events.rows), COLUMN_TYPES.get(declared.form, pa.string()))
        return nulls.dictionary_encode() if declared.form is Form.TEXT else nulls
    codes = events.codes[at]
    absent = codes < 0 if codes.min(initial=0) < 0 else None
    if declared.form is Form.FLAG:
        return pa.array(codes > 0, mask=absent)
    if declared.form is Form.TEXT:
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=absent), _texts(events, at))
    return _texts(events, at, absent)


def _texts(events: Events, at: int, absent: npt.NDArray[np.bool_] | None = None) -> pa.StringArray:
    found = events.texts[at]
    if found is None:
        return pa.array([], pa.string())
    content, bounds = found
    valid = None if absent is None else pa.py_buffer(np.packbits(~absent, bitorder="little"))
    return pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(content), valid)
