"""Results: medians and ratios, what they were measured on, files and tables."""
