"""Footfall in the bench: its verbs in a process of their own, its fetch alone, and a verb with a clock on each stage."""
