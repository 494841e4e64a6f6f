"""Part V of the policy: encryption, keys, roles and what reaches the user's computer (R47 to R52)."""
