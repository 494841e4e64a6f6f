"""What all pages are: one file with its own style and script that asks nobody for anything, written whole or not at all."""

from dashboards.page.shell import Shell, render_page, words
from dashboards.page.writing import PageError, write_page

__all__ = ["PageError", "Shell", "render_page", "words", "write_page"]
