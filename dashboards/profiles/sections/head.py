"""The top of the page: whose profiles, as of which day, for whom and why; then the five figures that come first."""

from datetime import UTC

from dashboards.parts.key_figures import figure, figures_panel, share_bar, spark
from dashboards.parts.markup import Markup, count_of, day_element, element, number, time_text
from dashboards.profiles.figures import ProfileFigures
from dashboards.profiles.options import ProfileOptions


def head(figures: ProfileFigures, options: ProfileOptions) -> Markup:
    """Write title, day and the facts under which this page may be read."""
    as_of = figures.totals.as_of
    period = ["Registered customers, as of ", day_element(as_of)] if as_of else ["No profiles yet"]
    versions = sorted({options.policy_version, *figures.policy_versions})
    facts = (
        ("Role", "marketing"),
        ("Purpose", "profile"),
        ("Policy", " and ".join(versions)),
        ("Kept for", count_of(options.kept_months, "month")),
        ("Updated", f"{time_text(options.generated_at.astimezone(UTC))} UTC"),
    )
    return element(
        "div",
        element("h1", "Customers"),
        element("p", *period, class_="period"),
        element(
            "dl",
            *[element("div", element("dt", name), " ", element("dd", text)) for name, text in facts],
            class_="facts",
        ),
        class_="head",
        id="head",
    )


def key_figures(figures: ProfileFigures, options: ProfileOptions) -> Markup:
    """Write customers, buyers, orders, amount and views; the last three with their 26 weeks."""
    totals, weeks = figures.totals, figures.weeks
    each = totals.orders / totals.buyers if totals.buyers else 0
    mean = totals.amount / totals.orders if totals.orders else totals.amount
    sellers = [number(totals.sellers), " of them sellers"] if totals.sellers else ["registered, with a profile"]
    return figures_panel(
        figure("Customers", number(totals.customers, "short"), sellers),
        figure(
            "Buyers",
            number(totals.buyers, "short"),
            [number(totals.buyers / totals.customers, "percent"), " have ordered"],
            share_bar(totals.buyers / totals.customers),
        ),
        figure(
            "Orders",
            number(totals.orders, "short"),
            [number(round(each, 1)), " a buyer"],
            spark([week.orders for week in weeks]),
        ),
        figure(
            f"Amount, {options.currency}",
            number(round(totals.amount), "short"),
            [number(round(mean, 2), "money"), " an order"],
            spark([float(week.amount) for week in weeks], css="second"),
        ),
        figure(
            "Views",
            number(totals.views, "short"),
            ["in ", number(totals.sessions, "short"), " sessions"],
            spark([week.views for week in weeks]),
        ),
    )
