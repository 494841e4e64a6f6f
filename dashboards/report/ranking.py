"""The table that all rankings share: a bar behind each label, "other" last and hatched, a total that adds up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dashboards.parts.markup import Markup, bar, count_of, element, joined, number
from dashboards.parts.tables import amount, head, row
from dashboards.report.figures import Group, Other, Ranking

ROWS_MAX: Final = 500
"""More rows than that are added up in one: nobody reads them, and every phone must load them."""
FOLD_AT: Final = 12
"""Rows that the script leaves open; without scripts all are."""
MUCH_HIDDEN: Final = 0.4
"""Share of the views in "other" from which the page says why it is so much."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a ranking's table is called and counts.

    Attributes:
        caption: for those who hear the page.
        label: the first column's head.
        members: what the rows are, in the plural: "pages".
        amount: the head of the column of views.
        visitors: the visitors of all rows together; None where that is not known.
        with_visitors: False leaves the column out.
        days: days with figures, so that a row shown on fewer says so.
        k: visitors of one day that a row needs.
        nothing: what to say when there is no row at all.
    """

    caption: str
    label: str
    members: str
    days: int
    k: int
    visitors: int | None = None
    amount: str = "Views"
    with_visitors: bool = True
    nothing: str = "No views in this period."


def shown_days(group: Group, days: int) -> Markup:
    """Say on how many days a row is shown, if not on all."""
    small = element("small", f"{group.days} of {count_of(days, 'day')}")
    return Markup(" ") + small if group.days < days else Markup()


def plain_label(group: Group) -> Markup:
    """Write a row's label as it is."""
    return element("span", group.label, class_="name")


def ranking_table(ranking: Ranking, columns: Columns, label: Callable[[Group], Markup] = plain_label) -> Markup:
    """Write the table of a ranking; rows within rows (regions) follow theirs."""
    table = _Table(ranking, columns)
    parts = [table.group(group, label) for group in ranking.groups[:ROWS_MAX]]
    if not ranking.groups:
        few = f"None of the {columns.members} had {columns.k} visitors on one day."
        text = few if ranking.other else columns.nothing
        parts.append(element("tr", element("td", text, colspan=table.width), class_="empty"))
    parts.append(table.more(ranking.groups[ROWS_MAX:]))
    if ranking.other:
        parts.append(table.other(ranking.other))
    names = [columns.label, columns.amount, *(["Share", "Visitors"] if columns.with_visitors else [])]
    return element(
        "table",
        element("caption", columns.caption, class_="sr"),
        head(*names, wide_only=(2,)),
        element("tbody", *parts),
        table.foot(),
        data_sort=True,
        data_fold=FOLD_AT,
        data_members=columns.members,
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of one ranking, which share a scale and a total."""

    ranking: Ranking
    columns: Columns

    @property
    def width(self) -> int:
        return 4 if self.columns.with_visitors else 2

    def line(self, label: str, views: int, visitor_days: int, **marks: str | None) -> Markup:
        """Write a row; its bar is measured by the largest row, its share by all."""
        shown = [group.views for group in self.ranking.groups]
        top = max([*shown, self.ranking.other.views if self.ranking.other else 0])
        cells = [amount(views)]
        if self.columns.with_visitors:
            share = number(views / self.ranking.views if self.ranking.views else 0, "percent")
            cells += [element("td", share, class_="num share hide-s"), amount(visitor_days)]
        return row(bar(views, top) + label, *cells, **marks)

    def group(self, group: Group, label: Callable[[Group], Markup]) -> Markup:
        text = label(group) + shown_days(group, self.columns.days)
        if group.within is None:
            return self.line(text, group.views, group.visitor_days)
        own = self.line(text, group.views, group.visitor_days, code=group.name)
        return joined([own, *self.members(group, group.within)])

    def members(self, group: Group, within: Ranking) -> list[Markup]:
        """Write the rows below a row; small ones are added up there too."""
        rows = [
            self.line(
                plain_label(member) + shown_days(member, self.columns.days),
                member.views,
                member.visitor_days,
                css="region",
                of=group.name,
            )
            for member in within.groups
        ]
        if rows and within.other:
            rest = within.other
            rows.append(self.line("Other regions", rest.views, rest.visitor_days, css="region", of=group.name))
        if not rows:
            text = f"No region had {self.columns.k} visitors on one day."
            empty = element("td", text, colspan=self.width)
            rows.append(element("tr", empty, class_="region empty", data_of=group.name))
        return rows

    def more(self, groups: tuple[Group, ...]) -> Markup:
        """Add up what would make the page too long; it is shown, just not row by row."""
        if not groups:
            return Markup()
        views, visitor_days = sum(group.views for group in groups), sum(group.visitor_days for group in groups)
        return self.line(f"{len(groups):,} more {self.columns.members}", views, visitor_days, css="more")

    def other(self, other: Other) -> Markup:
        name = element("b", "Other") + " " + element("small", f"small {self.columns.members}")
        return self.line(name, other.views, other.visitor_days, css="other")

    def foot(self) -> Markup:
        cells = [amount(self.ranking.views)]
        if self.columns.with_visitors:
            visitors = self.columns.visitors
            known = element("td", class_="num") if visitors is None else amount(visitors)
            cells += [element("td", class_="hide-s"), known]
        return element("tfoot", element("tr", element("th", "All", scope="row"), *cells))


def other_notice(ranking: Ranking, columns: Columns) -> Markup:
    """Say what "other" holds, and why; nothing where nothing is merged."""
    other = ranking.other
    if not other:
        return Markup()
    parts: list[str] = [element("b", "Other"), f" adds up {columns.members} with fewer than {columns.k} visitors on "]
    parts.append(f"{'the' if columns.days == 1 else 'a'} day, two or more of them, so that nobody stands alone")
    quiet = [group.days for group in ranking.groups if group.days < columns.days]
    if quiet:
        example = f"“{min(quiet)} of {columns.days} days”"
        parts.append(f", and the quiet days of {len(quiet):,} of the {columns.members} above ({example})")
    parts.append(".")
    share = other.views / ranking.views if ranking.views else 0
    if share > MUCH_HIDDEN:
        parts += [
            " It holds ",
            number(share, "percent"),
            f" of the {columns.amount.lower()}: the site is small, and few ",
        ]
        parts.append(f"{columns.members} have {columns.k} visitors on one day.")
    return element("p", *parts, class_="notice")
