"""Invented customers, and the two tables that the door shows to role marketing."""
