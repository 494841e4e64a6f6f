"""Running: brokers, measured child processes, checks of what they made, and the two benches."""
