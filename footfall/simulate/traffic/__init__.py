"""Who comes and what they ask for, one day at a time, as columns of numbers."""
