"""The truth about an input, known from how it was made and never from reading it."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Truth:
    """What any honest program must find.

    Attributes:
        addresses: distinct client addresses of the log lines.
        lines: log lines, malformed ones too; `line_bytes` is their size with line feeds.
        lines_kept: log lines that can be read.
        bytes_sum: sum of the answers' sizes that these lines state.
        events: clickstream records, malformed ones too; `event_bytes` is their size.
        events_kept: events that can be read.
        events_of_customers: of these, those of somebody logged in who did not ask to be left alone.
        days: the days of the records, in UTC.
    """

    addresses: int = 0
    lines: int = 0
    line_bytes: int = 0
    lines_kept: int = 0
    bytes_sum: int = 0
    events: int = 0
    events_kept: int = 0
    event_bytes: int = 0
    events_of_customers: int = 0
    days: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        """Give all records, as they come in."""
        return self.lines + self.events

    @property
    def rows(self) -> int:
        """Give all records that become rows."""
        return self.lines_kept + self.events_kept
