"""Tests mirror the packages; end_to_end holds whole journeys."""
