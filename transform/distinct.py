"""A text column seen as its distinct values and one code per row, so that a look-up runs once per distinct value."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NO_VALUE = -1
"""The code of a row without a value."""


def codes_and_values(column: pa.ChunkedArray | pa.Array) -> tuple[npt.NDArray[np.int32], pa.StringArray]:
    """Split a column of text, as a rule ``dictionary<int32, string>``, into codes and distinct values.

    Returns:
        One int32 a row, `NO_VALUE` where the row has none, and the values that the codes point to. A value may be there
        that no row uses any more.
    """
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.cast(pa.int32())
    if codes.null_count:
        codes = codes.fill_null(NO_VALUE)
    rows = codes.to_numpy(zero_copy_only=False)
    values = column.dictionary
    if values.null_count:
        # A dictionary may hold a null of its own; its rows have no value either.
        absent = pc.is_null(values).to_numpy(zero_copy_only=False)
        rows = np.where((rows != NO_VALUE) & ~absent[rows], rows, NO_VALUE).astype(np.int32)
    return rows, values
