"""The errors of this package.

FootfallError
└── PlacesError           a geography database or a compiled table cannot be used
"""

from policy.errors import FootfallError


class PlacesError(FootfallError):
    """A geography database or a compiled table cannot be used; the text names the file and says what to do."""
