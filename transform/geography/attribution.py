"""Whom to name on a page that shows places: some databases are free on the condition that they are named."""

from html import escape
from typing import Final, NamedTuple


class Attribution(NamedTuple):
    """One sentence, as plain text and as HTML with the link that the licence asks for, and the licence's name."""

    text: str
    html: str
    licence: str = ""


DB_IP: Final = Attribution(
    "IP Geolocation by DB-IP", '<a href="https://db-ip.com">IP Geolocation by DB-IP</a>', "CC BY 4.0"
)
GEOLITE: Final = Attribution(
    "This product includes GeoLite2 data created by MaxMind, available from https://www.maxmind.com",
    "This product includes GeoLite2 data created by MaxMind, available from "
    '<a href="https://www.maxmind.com">https://www.maxmind.com</a>',
)


def attribution_of(name: str) -> Attribution:
    """Tell whom to name for places from the database `name` (its type, such as "DBIP-City-Lite")."""
    if name.startswith("DBIP"):
        return DB_IP
    if name.startswith("GeoLite"):
        return GEOLITE
    text = f"Places from {name}"
    return Attribution(text, escape(text))
