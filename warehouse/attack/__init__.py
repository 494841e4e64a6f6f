"""The attacker: everything that is told of a month, and what follows from it about groups of fewer than k visitors (R7, R43)."""
