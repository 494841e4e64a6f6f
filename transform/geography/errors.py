"""The errors of this package.

FootfallError
└── PlacesError           a geography database or a compiled table cannot be used
"""

from pathlib import Path

from policy.errors import FootfallError


class PlacesError(FootfallError):
    """A geography database or a compiled table cannot be used; the text names the file and says what to do."""


def damaged(path: Path, what: str) -> PlacesError:
    """Make the error for a database that contradicts its own format."""
    return PlacesError(f"{path} is damaged: {what}. Fetch the database again.")
