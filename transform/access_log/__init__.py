"""Access-log lines to columns: the combined and common formats, exactly (`parse_exact`) and by the million (`parse_lines`)."""

from transform.access_log.exact import ParsedLine, parse_exact
from transform.access_log.lines import parse_lines
from transform.access_log.rows import ROWS_SCHEMA
from transform.access_log.shape import shape

__all__ = ["ROWS_SCHEMA", "ParsedLine", "parse_exact", "parse_lines", "shape"]
