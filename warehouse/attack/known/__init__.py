"""What an attacker knows, as whole numbers within bounds: one module for each shape of table."""
