"""What every table is made of: a head that can be sorted, rows whose label has a bar behind it, figures to the right."""

from decimal import Decimal
from typing import Final

from dashboards.parts.markup import Markup, Style, element, number

NOT_SHOWN: Final = "\N{EN DASH}"


def head(*columns: str, sorted_by: int = 1, wide_only: tuple[int, ...] = (), words: tuple[int, ...] = (0,)) -> Markup:
    """Write a table's head: figures to the right, the column it is sorted by marked."""
    cells = []
    for place, text in enumerate(columns):
        css = "" if place in words else "num hide-s" if place in wide_only else "num"
        order = "descending" if place == sorted_by else None
        cells.append(element("th", text, scope="col", class_=css or None, aria_sort=order))
    return element("thead", element("tr", *cells))


def row(label: str, *cells: str, css: str | None = None, code: str | None = None, of: str | None = None) -> Markup:
    """Write one row; `code` is its own key, `of` that of the row it belongs to."""
    first = element("th", element("span", label, class_="cell"), scope="row")
    return element("tr", first, *cells, class_=css, data_c=code, data_of=of)


def amount(value: float | Decimal, style: Style | None = None, *, wide_only: bool = False) -> Markup:
    """Write a cell with a number."""
    return element("td", number(value, style), class_="num hide-s" if wide_only else "num")
