"""From addresses to countries and regions: the shipped table, or any City or Country database of the user's."""

from transform.geography.attribution import Attribution, attribution_of
from transform.geography.errors import PlacesError
from transform.geography.places import UNKNOWN, Level, Places

__all__ = ["UNKNOWN", "Attribution", "Level", "Places", "PlacesError", "attribution_of"]
