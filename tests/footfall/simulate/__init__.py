"""Tests of the simulation: its bytes repeat, and what it says of itself is true."""
