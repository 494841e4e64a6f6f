"""Part I of the policy: what is collected of visitors, customers and children (R5 to R26)."""
