"""What may be collected, why, for how long and who may see it: data, loaded and checked."""
