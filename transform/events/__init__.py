"""JSON events as columns, checked against the policy field by field (R2, R16).

`fields` makes the shape of a source's records from the policy, `decoding`, `plain` and `exact` read them, `formats` and `checking` judge
each distinct value, and `reading` gives the steps a batch of columns, in which everything is as the policy declares it.
"""
