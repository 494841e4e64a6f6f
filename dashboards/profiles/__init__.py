"""The page of customers: who they are by what they browse and buy, under pseudonyms, for role marketing and purpose profile."""

from decimal import Decimal
from pathlib import Path

from dashboards.page import write_page
from dashboards.profiles.options import ProfileOptions, ProfileSummary
from dashboards.profiles.page import render
from dashboards.profiles.reading import read_profiles
from dashboards.questions import Ask

__all__ = ["ProfileOptions", "ProfileSummary", "write_profiles"]


def write_profiles(ask: Ask, out: Path, *, options: ProfileOptions) -> ProfileSummary:
    """Ask all questions of the page and write it to `out`, whole or not at all, for its owner alone.

    Raises:
        PageError: the file cannot be written.
    """
    figures = read_profiles(ask, options)
    size_bytes = write_page(render(figures, options), out, is_private=True)
    totals = figures.totals
    return ProfileSummary(
        out=str(out),
        size_bytes=size_bytes,
        as_of=totals.as_of,
        customers=totals.customers,
        customers_shown=len(figures.customers),
        orders=totals.orders,
        amount=Decimal(totals.amount),
        views=totals.views,
    )
