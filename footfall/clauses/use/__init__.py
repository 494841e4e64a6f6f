"""Part II of the policy: what the data are used for, and who is told (R27 to R37)."""
