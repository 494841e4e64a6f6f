"""Seeded input that looks like a real site's, with the truth about it beside it.

`world` is what a seed decides once, `log_lines` and `events` spell it in blocks, `truth` counts, `fill` sends.
"""
