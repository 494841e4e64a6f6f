"""The panels of the page, one module a neighbourhood: figures in, one piece of markup out."""
