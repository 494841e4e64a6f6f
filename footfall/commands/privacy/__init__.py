"""What is promised and whether it holds: the policy, its keys, and an attacker of our own."""
