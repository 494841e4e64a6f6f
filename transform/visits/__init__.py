"""One visit to one page: where it came from, with what program, what was looked at; and nothing of who it was."""
