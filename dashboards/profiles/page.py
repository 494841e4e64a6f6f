"""The page of customers: its panels in their order, and the words around them."""

from typing import Final

from dashboards.page import Shell, render_page, words
from dashboards.parts.markup import Markup, day_text, element
from dashboards.profiles.figures import ProfileFigures
from dashboards.profiles.options import ProfileOptions
from dashboards.profiles.sections.customers import listing
from dashboards.profiles.sections.details import details
from dashboards.profiles.sections.groups import countries, grid, interests, segments
from dashboards.profiles.sections.head import head, key_figures

STYLES: Final = ("tokens", "page", "panels", "charts", "tables", "profiles", "media")
SCRIPTS: Final = ("numbers", "state", "profiles", "tables", "csv")


def render(figures: ProfileFigures, options: ProfileOptions) -> str:
    """Write the page, complete in itself."""
    package, as_of = "dashboards.profiles", figures.totals.as_of
    made_on = f"as of {day_text(as_of, 'long')}" if as_of else "not made yet"
    return render_page(
        Shell(
            title=f"Customers: profiles {made_on}",
            policy_version=options.policy_version,
            generated_at=options.generated_at,
            body=element("div", *_panels(figures, options), class_="page wrap", id="customers"),
            privacy=words(package, "privacy", policy=options.policy_version, months=options.kept_months),
            made=words(package, "made", months=options.kept_months, currency=options.currency),
            styles=STYLES,
            scripts=SCRIPTS,
            data={"site": "customers"},
            attribution=Markup("Names of places: Unicode CLDR."),
        )
    )


def _panels(figures: ProfileFigures, options: ProfileOptions) -> list[Markup]:
    """Put the panels in their order, or say what to do when there is nothing to show."""
    top = head(figures, options)
    if not figures.totals.customers:
        return [top, element("div", _nothing_yet(), class_="grid")]
    panels = (
        key_figures(figures, options),
        segments(figures, options),
        grid(figures, options),
        interests(figures),
        countries(figures, options),
        listing(figures, options),
        details(figures, options),
    )
    return [top, element("div", *panels, class_="grid")]


def _nothing_yet() -> Markup:
    """Say how profiles come about."""
    code = [element("code", text) for text in ("footfall ingest", "footfall nightly")]
    return element(
        "section",
        element("h2", "No profiles yet"),
        element(
            "p",
            "Profiles are made at night, of registered customers who did not opt out of them. When events have come in "
            "(",
            code[0],
            "), run ",
            code[1],
            ", then write this page again.",
        ),
        class_="panel",
    )
