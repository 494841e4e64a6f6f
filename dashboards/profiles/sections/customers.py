"""The list of customers who spent most; each number opens the customer's own panel."""

from dashboards.parts.markup import Markup, element, joined, number
from dashboards.parts.panel import notice, panel
from dashboards.parts.tables import NOT_SHOWN, amount
from dashboards.profiles.figures import Customer, ProfileFigures
from dashboards.profiles.options import ProfileOptions


def listing(figures: ProfileFigures, options: ProfileOptions) -> Markup:
    """Write one row a customer, by amount."""
    heads = (
        ("Number", "who"),
        ("Segment", ""),
        ("R F M", "fifths"),
        ("Days ago", "num hide-s"),
        ("Orders", "num"),
        (options.currency, "num"),
    )
    cells = [
        element(
            "th", text, scope="col", class_=css or None, aria_sort="descending" if place == len(heads) - 1 else None
        )
        for place, (text, css) in enumerate(heads)
    ]
    rows = [_row(place, customer) for place, customer in enumerate(figures.customers, 1)]
    table = element(
        "table",
        element("caption", "Customers by amount", class_="sr"),
        element("thead", element("tr", *cells)),
        element("tbody", *rows),
        data_sort=True,
    )
    region = element("div", table, class_="scroll", tabindex="0", role="region", aria_label="List of customers")
    words = notice(
        "Numbers are pseudonyms for this purpose only. They cannot be joined with visits, invoices or support cases; "
        "who opted out of profiles, and children, are not there. Reading this page was noted in the audit."
    )
    shown, every = len(figures.customers), figures.totals.customers
    sub = joined([number(shown), " of ", number(every), ", who spent most"]) if shown < every else number(every)
    return panel("list", "Customers", region + words, questions=("profiles", "profile_days"), sub=sub, width="w5")


def anchor(place: int) -> str:
    """Name a customer's panel on this page, by rank: an address with a pseudonym in it would outlive the page."""
    return f"customer-{place}"


def fifths_text(customer: Customer) -> str:
    """Write the three fifths, or a dash for who has not ordered."""
    return " ".join(map(str, customer.fifths)) if customer.fifths else NOT_SHOWN


def _row(place: int, customer: Customer) -> Markup:
    link = element("a", customer.short, href=f"#{anchor(place)}", class_="name")
    first = element(
        "th", element("span", link, class_="cell"), scope="row", class_="who", data_exact=str(customer.number)
    )
    ago = customer.recency_days
    return element(
        "tr",
        first,
        element("td", customer.segment.capitalize()),
        element("td", fifths_text(customer), class_="fifths"),
        element("td", NOT_SHOWN, class_="num hide-s") if ago is None else amount(ago, wide_only=True),
        amount(customer.orders),
        amount(customer.amount, "whole"),
    )
