"""One panel a listed customer: what the profile says, the views by week, interests, newest pages and orders by day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from dashboards import maps
from dashboards.parts.key_figures import spark
from dashboards.parts.markup import Markup, bar, count_of, day_element, day_text, element, joined, number
from dashboards.parts.panel import note
from dashboards.parts.tables import NOT_SHOWN
from dashboards.profiles.figures import WEEKS, Customer, ProfileFigures
from dashboards.profiles.options import ProfileOptions
from dashboards.profiles.sections.customers import anchor
from dashboards.profiles.sections.groups import country_name

DAYS_SHOWN: Final = 12
INTERESTS_SHOWN: Final = 8


def details(figures: ProfileFigures, options: ProfileOptions) -> Markup:
    """Write the panels below one another, the first open; the script shows one at a time, beside the list."""
    as_of = figures.totals.as_of or options.generated_at.date()
    panels = [_detail(place, customer, as_of, options) for place, customer in enumerate(figures.customers, 1)]
    return element("div", *panels, class_="w7 one-customer", id="details")


def _detail(place: int, customer: Customer, as_of: date, options: ProfileOptions) -> Markup:
    title = element("h2", f"Customer {customer.short}")
    summary = element("summary", title, " ", element("span", customer.segment.capitalize(), class_="sub"))
    history = _history(customer, options)
    body = element(
        "div",
        _facts(customer, options),
        element("div", element("div", _weeks(customer, as_of), _interests(customer)), history, class_="two"),
        class_="about",
        id=anchor(place),
    )
    # One name for all: opening one closes the other, without a script too.
    return element("details", summary, body, class_="panel profile", name="customer", open=place == 1)


def _facts(customer: Customer, options: ProfileOptions) -> Markup:
    small = element("small", "R{} F{} M{}".format(*customer.fifths)) if customer.fifths else ""
    money = element("small", number(customer.amount, "money"), f" {options.currency}")
    facts: list[tuple[str, list[str]]] = [
        ("Segment", [customer.segment.capitalize(), " ", small]),
        ("Last seen", [_moment(customer.last_seen)]),
        ("First seen", [_moment(customer.first_seen)]),
        ("Days seen", [number(customer.days_seen), " ", element("small", count_of(customer.sessions, "session"))]),
        ("Orders", [number(customer.orders), " ", money]),
        ("Last order", [_days_ago(customer.recency_days)]),
        ("Mostly from", [country_name(maps.names()["countries"], customer.country)]),
        ("Audience", [customer.role.capitalize()]),
    ]
    cells = [element("div", element("dt", name), " ", element("dd", *parts)) for name, parts in facts]
    whole = element("dd", element("code", str(customer.number)))
    cells.append(element("div", element("dt", "Whole number"), " ", whole, class_="wide"))
    return element("dl", *cells, class_="profile-facts")


def _moment(at: datetime) -> Markup:
    return element("time", day_text(at.date()), datetime=at.date().isoformat())


def _days_ago(days: int | None) -> Markup:
    if days is None:
        return Markup(NOT_SHOWN)
    return joined([number(days), " ", element("small", "day ago" if days == 1 else "days ago")])


def _weeks(customer: Customer, as_of: date) -> Markup:
    """Draw the views of half a year; what the bars show is said in words to those who cannot see them."""
    views = [week.views for week in customer.weeks]
    first = as_of - timedelta(days=7 * WEEKS - 1)
    ends = element("p", element("span", f"{first:%b %Y}"), element("span", f"{as_of:%b %Y}"), class_="ends")
    said = element("p", f"{sum(views):,} in all, {max(views):,} in the busiest week.", class_="sr")
    picture = element("div", spark(views), class_="weeks")
    return element("h3", "Views by week, half a year") + picture + ends + said


def _interests(customer: Customer) -> Markup:
    shares = list(customer.interests.items())[:INTERESTS_SHOWN]
    made = note(
        "Made from ",
        number(customer.views),
        f" {'view' if customer.views == 1 else 'views'} and ",
        number(customer.orders),
        f" {'order' if customer.orders == 1 else 'orders'} of {count_of(customer.days_seen, 'day')}, each a partition of its own.",
    )
    if not shares:
        return element("p", "No pages in a part of the site yet.", class_="nothing") + made
    top = shares[0][1]
    rows = []
    for category, share in shares:
        label = element("span", bar(share, top), element("span", category, class_="name"), class_="cell")
        cell = element("td", number(share, "percent"), class_="num")
        rows.append(element("tr", element("th", label, scope="row"), cell))
    heads = element("tr", element("th", "Category", scope="col"), element("th", "Share of views", scope="col"))
    caption = element("caption", "Interests")
    return element("table", caption, element("thead", heads, class_="sr"), element("tbody", *rows)) + made


def _history(customer: Customer, options: ProfileOptions) -> Markup:
    """Write the newest pages by day, and each day's orders above its pages."""
    days: dict[date, list[Markup]] = defaultdict(list)
    for bought in customer.bought:
        money = number(bought.amount, "money")
        text = joined([f"{count_of(bought.orders, 'order')}, ", money, f" {options.currency}"])
        days[bought.day].append(element("li", text, class_="order"))
    for page in customer.visited:
        minute = element("time", f"{page.minute:%H:%M}", datetime=f"{page.minute:%Y-%m-%dT%H:%MZ}")
        days[page.minute.date()].append(element("li", minute, " ", element("span", page.path, class_="name")))
    shown = [_day(day, days[day]) for day in sorted(days, reverse=True)[:DAYS_SHOWN]]
    if not shown:
        shown = [element("p", "No pages and no orders in the last half year.", class_="nothing")]
    return element("div", element("h3", "Newest pages and orders"), *shown, class_="time")


def _day(day: date, lines: Sequence[Markup]) -> Markup:
    return element("div", element("h4", day_element(day, "weekday")), element("ol", *lines))
