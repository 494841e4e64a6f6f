"""The panels of the page of customers."""
