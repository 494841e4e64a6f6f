"""What leaves the tables at night: rows whose time is over, rows of children, rows that a destroyed key locks."""
