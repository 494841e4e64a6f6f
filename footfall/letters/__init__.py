"""Dead letters for people: which there are, what their reasons mean, where their originals lie."""
