"""How the warehouse does: where every line went, what is wrong, and what could not be used."""
