"""What the shape of the system implies: nothing lost, everything accounted for, kept as long as stated (R53 to R60)."""
