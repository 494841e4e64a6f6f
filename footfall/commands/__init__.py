"""One module a verb; each has `command`, whose docstring is its manual."""
