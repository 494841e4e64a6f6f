"""What the canonical way found in an intake, brought to the rows' columns: each distinct text once."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kernels.lines import NONE, CanonicalLines, Texts
from transform.access_log.canonical import Canonical
from transform.access_log.exact import split_request
from transform.access_log.peers import PLAIN_HOST, forwarded_list, host, is_ip
from transform.access_log.rows import ROWS_SCHEMA, nothing_as_dash, nothing_as_null, recode
from transform.access_log.views import Bytes, Flags, taken

USUAL_METHOD: Final = "GET"
BEFORE_TARGET: Final = "GET "
BEHIND_TARGET: Final = (" HTTP/1.1", " HTTP/2.0", " HTTP/1.0")  # all of one length


def table_of(found: CanonicalLines) -> pa.Table:
    """Bring what the compiled kernel found to the rows' schema, without a copy of what is as it should be."""
    texts = {name: _text_column(column) for name, column in found.texts.items()}
    columns = {
        **texts,
        "row": pa.array(found.rows),
        "forwarded": _each(texts["forwarded"], forwarded_list),
        "event_time": pa.array(found.event_time_us).view(pa.timestamp("us", "UTC")),
        "utc_offset_min": pa.array(found.utc_offset_min),
        "status": pa.array(found.status),
        "bytes": _with_nulls(found.bytes, pa.int64()),
        "vhost": _each(texts["vhost"], str.lower),
    }
    return pa.table([columns[name] for name in ROWS_SCHEMA.names], schema=ROWS_SCHEMA)


def take_out(raw: Bytes, found: Sequence[Canonical]) -> pa.Table:
    """Take the texts of all lines out of the buffer, and bring them to the rows' schema.

    Returns:
        the rows, ascending; those whose address or virtual host the exact parser doubts are not among them.
    """
    if not found:
        return ROWS_SCHEMA.empty_table()
    lines = _together(found)
    address = taken(lines.address, raw)
    vhost = taken(lines.vhost, raw)
    address, good = _hosts(address, vhost)
    method, target = _requests(taken(lines.request, raw))
    columns = {
        "row": pa.array(lines.rows, pa.int32()),
        "address": address,
        "forwarded": _each(taken(lines.forwarded, raw), forwarded_list),
        "event_time": pa.array(lines.event_time_us, pa.timestamp("us", "UTC")),
        "utc_offset_min": pa.array(lines.utc_offset_min),
        "method": method,
        "target": target,
        "status": pa.array(lines.status),
        "bytes": pa.array(lines.bytes, mask=lines.no_bytes),
        "referrer": nothing_as_null(taken(lines.referrer, raw)),
        "agent": nothing_as_dash(taken(lines.agent, raw)),
        "vhost": _each(vhost, _virtual_host),
    }
    rows = pa.table([columns[name] for name in ROWS_SCHEMA.names], schema=ROWS_SCHEMA)
    return rows if good.all() else rows.filter(pa.array(good))


def _text_column(texts: Texts) -> pa.DictionaryArray:
    """Give a column of the kernel's as Arrow has it, over the same memory."""
    buffers = [None, pa.py_buffer(texts.bounds), pa.py_buffer(texts.content)]
    distinct = pa.Array.from_buffers(pa.string(), len(texts.bounds) - 1, buffers)
    # The kernel's codes are those of its texts: to look at each again would take a twentieth of the time of all.
    return pa.DictionaryArray.from_arrays(_with_nulls(texts.codes, pa.int32()), distinct, safe=False)


def _with_nulls(numbers: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Give numbers from 0 on as Arrow has them, over the same memory, with null for `NONE`, in whose place a zero comes."""
    if len(numbers) == 0 or numbers.min() > NONE:
        return pa.array(numbers)
    validity = np.packbits(numbers != NONE, bitorder="little")
    np.maximum(numbers, 0, out=numbers)
    return pa.Array.from_buffers(kind, len(numbers), [pa.py_buffer(validity), pa.py_buffer(numbers)])


def _together(found: Sequence[Canonical]) -> Canonical:
    """Put the lines of all blocks and layouts in a row, by their numbers."""
    if len(found) == 1:
        return found[0]
    lines = Canonical._make(map(np.concatenate, zip(*found, strict=True)))
    if (np.diff(lines.rows) > 0).all():
        return lines
    order = np.argsort(lines.rows, kind="stable")
    return Canonical._make(column[order] for column in lines)


def _hosts(addresses: pa.DictionaryArray, vhosts: pa.DictionaryArray) -> tuple[pa.DictionaryArray, Flags]:
    """Take ports and brackets from the addresses; mark the rows whose address, and virtual host, the exact parser would take so."""
    if not pc.all(pc.match_substring_regex(addresses.dictionary, PLAIN_HOST)).as_py():
        addresses = _each(addresses, host)
    good = addresses.is_valid()
    names = vhosts.dictionary.to_pylist()
    if names != [""]:
        # A name before the peer is a virtual host for certain only when the peer is an address.
        certain = pa.array([is_ip(peer) for peer in addresses.dictionary.to_pylist()], pa.bool_()).take(
            addresses.indices
        )
        nameless = pa.array([name == "" for name in names], pa.bool_()).take(vhosts.indices)
        hosted = pa.array([host(name) is not None for name in names], pa.bool_()).take(vhosts.indices)
        good = pc.and_(good, pc.or_(nameless, pc.and_(hosted, certain)))
    return addresses, pc.fill_null(good, False).to_numpy(zero_copy_only=False)


def _requests(requests: pa.DictionaryArray) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Split each distinct request into method and target, as `split_request` does; nearly all are pages asked for as usual."""
    texts = requests.dictionary
    content = texts.cast(pa.binary())
    inner = pc.binary_slice(content, len(BEFORE_TARGET), -len(BEHIND_TARGET[0]))
    usual = pc.and_(pc.starts_with(texts, BEFORE_TARGET), _any(pc.ends_with(texts, end) for end in BEHIND_TARGET))
    usual = pc.and_(usual, pc.greater(pc.binary_length(content), len(BEFORE_TARGET) + len(BEHIND_TARGET[0])))
    usual = pc.and_(usual, pc.invert(pc.or_(pc.starts_with(inner, b" "), pc.ends_with(inner, b" "))))
    parts = [split_request(text) for text in texts.filter(pc.invert(usual)).to_pylist()]
    others = pc.invert(usual)
    named = pa.nulls(len(texts), pa.string()).fill_null(USUAL_METHOD)
    methods = pc.replace_with_mask(named, others, pa.array([method for method, _ in parts], pa.string()))
    usual_targets = pc.if_else(usual, inner, b"").cast(pa.string())
    targets = pc.replace_with_mask(usual_targets, others, pa.array([target for _, target in parts], pa.string()))
    return recode(requests, methods), recode(requests, targets)


def _any(flags: Iterable[pa.BooleanArray]) -> pa.BooleanArray:
    return reduce(pc.or_, flags)


def _each(column: pa.DictionaryArray, function: Callable[[str], str | None]) -> pa.DictionaryArray:
    """Put what the function says of each distinct text in its place."""
    if len(column.dictionary) == 0:
        return column
    return recode(column, pa.array([function(text) for text in column.dictionary.to_pylist()], pa.string()))


def _virtual_host(text: str) -> str | None:
    name = host(text)
    return name and name.lower()
