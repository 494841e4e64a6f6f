"""What tests of the doctor share."""

import pytest

from transform.geography import Places


@pytest.fixture(scope="session")
def places() -> Places:
    """Give the places that come with Footfall."""
    return Places.shipped()
