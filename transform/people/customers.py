"""Customers by their pseudonyms, and the children among them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transform.batch import Batch
from transform.columns import NO_VALUE, codes_and_values
from transform.context import Context
from transform.pseudonyms import pseudonyms
from transform.reasons import Reason


def name_customers(batch: Batch, context: Context) -> Batch:
    """Put a pseudonym (`customer`, int64) in the place of each customer's id, null where there is none (R23)."""
    codes, ids = codes_and_values(batch.rows.column("customer_id"))
    named = np.append(pseudonyms(ids, context.customer_key), 0)[codes]
    customers = pa.array(named, pa.int64(), mask=codes == NO_VALUE)
    return batch.without_columns("customer_id").with_columns({"customer": customers})


def leave_children(batch: Batch, context: Context) -> Batch:
    """Let the events of those go who were found to be children (R10)."""
    customers = pc.dictionary_encode(batch.rows.column("customer").combine_chunks())
    flagged = np.append(context.is_child(customers.dictionary.to_numpy()), False)
    codes = pc.fill_null(customers.indices, NO_VALUE).to_numpy()
    return batch.leave(flagged[codes], Reason.CHILD)


def respect_signals(batch: Batch, _context: Context) -> Batch:
    """Forget who it was where the browser asks not to be profiled, by Sec-GPC or DNT (T2); the visit itself stays."""
    asked = _is_true(batch, "gpc") | _is_true(batch, "dnt")
    customers = pc.if_else(pa.array(asked), None, batch.rows.column("customer").combine_chunks())
    return batch.without_columns("gpc", "dnt").with_columns({"customer": customers})


def _is_true(batch: Batch, name: str) -> npt.NDArray[np.bool_]:
    return pc.fill_null(batch.rows.column(name).combine_chunks(), False).to_numpy(zero_copy_only=False)
