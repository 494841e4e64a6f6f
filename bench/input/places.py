"""A geography database for the ordinary design: City records as large as real ones, and an answer for every address."""

from pathlib import Path
from typing import Any, Final

from mmdb_writer import MMDBWriter
from netaddr import IPNetwork, IPSet  # type: ignore[import-untyped] # its types are a package of their own

LANGUAGES: Final = ("de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN")
CODES: Final = ("US", "DE", "GB", "FR", "IL", "IN", "BR", "JP", "CA", "NL", "AU", "ES", "IT", "PL", "MX", "SE")
CITIES: Final = 500
V4_BITS, V6_BITS = 12, 14
V6_NETWORKS: Final = 1 << (V6_BITS - 3)
"""Those of 2000::/3, which holds all public addresses."""


def write_places(path: Path) -> None:
    """Write the database unless it is there; some seconds.

    A real one has more networks, so that a look-up in it takes no less than in this one.
    """
    if path.exists():
        return
    writer = MMDBWriter(6, "Bench-City", ipv4_compatible=True, languages=list(LANGUAGES))
    cities = [_city(number) for number in range(CITIES)]
    for number in range(1, 1 << V4_BITS):
        network = IPNetwork((number << (32 - V4_BITS), 4))
        network.prefixlen = V4_BITS
        writer.insert_network(IPSet([network]), cities[number * 7919 % CITIES])
    for number in range(V6_NETWORKS):
        network = IPNetwork(((1 << 125) + (number << (128 - V6_BITS)), 6))
        network.prefixlen = V6_BITS
        writer.insert_network(IPSet([network]), cities[number * 7919 % CITIES])
    part = path.with_suffix(".part")
    writer.to_db_file(str(part))
    part.replace(path)


def _city(number: int) -> dict[str, Any]:
    code = CODES[number % len(CODES)]
    country = {"geoname_id": number % len(CODES), "iso_code": code, "names": _names(f"Country {code}")}
    return {
        "city": {"geoname_id": 10_000 + number, "names": _names(f"City {number}")},
        "continent": {"code": "EU", "geoname_id": 6_255_148, "names": _names("Continent")},
        "country": country,
        "location": {"accuracy_radius": 20, "latitude": 52.5, "longitude": 13.4, "time_zone": "Europe/Berlin"},
        "postal": {"code": f"{number:05}"},
        "registered_country": country,
        "subdivisions": [
            {"geoname_id": 20_000 + number % 90, "iso_code": f"R{number % 9}", "names": _names(f"Region {number % 90}")}
        ],
    }


def _names(name: str) -> dict[str, str]:
    return {language: f"{name} ({language})" for language in LANGUAGES}
