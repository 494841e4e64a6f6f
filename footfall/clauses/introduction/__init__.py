"""The policy's introduction: its version, and what it says about collecting and using at all (R1 to R4)."""
