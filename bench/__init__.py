"""The bench: Footfall and its peers on the same input, on one core, in alternating runs; no part of the wheel."""
