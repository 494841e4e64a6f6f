"""Web pages and static reports."""
