"""Lines of a web server's log, as the steps take them: read, and named by what the server answered."""

import pyarrow as pa

from transform.access_log import parse_lines
from transform.batch import Batch
from transform.columns import constant
from transform.context import Context
from transform.visits.kinds import hit_kinds, known_methods

SOURCE = "web_log"


def read_lines(batch: Batch, context: Context) -> Batch:
    """Take each line apart; lines that no log would write leave as dead letters."""
    lines = batch.rows.column("line")
    # To combine a single chunk would copy it, and the lines are most of an intake.
    parsed, left = parse_lines(lines.chunk(0) if lines.num_chunks == 1 else lines.combine_chunks())
    numbers = batch.rows.column("row").to_numpy()
    kept = parsed.column("row").to_numpy()
    rows = batch.rows.drop_columns(["line", "row"]).take(pa.array(kept))
    for name in parsed.column_names:
        column = pa.array(numbers[kept]) if name == "row" else parsed.column(name)
        rows = rows.append_column(name, column)
    source = context.policy.sources[SOURCE]
    rows = rows.append_column("channel", constant(source.channel, len(kept)))
    rows = rows.append_column("collected_via", constant(source.collected_via, len(kept)))
    gone = left.set_column(0, "row", pa.array(numbers[left.column("row").to_numpy()], pa.int32()))
    return Batch(rows, pa.concat_tables([batch.left, gone.cast(batch.left.schema)]))


def name_kind(batch: Batch, _context: Context) -> Batch:
    """Say what each hit is: a page, a resource of one, a redirect, an error, or another event; a method of one's own goes."""
    method, path, status = (batch.rows.column(name).combine_chunks() for name in ("method", "path", "status"))
    return batch.with_columns({"method": known_methods(method), "kind": hit_kinds(method, path, status)})
