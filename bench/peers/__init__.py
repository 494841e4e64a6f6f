"""What a competent engineer would write instead of using Footfall, each program doing less than it does.

None of them locates (but `ordinary`), removes personal data, encrypts, or commits exactly once. Each is run as a program of its own:
`python -m bench.peers.NAME …`. Those that write rows have the columns `bytes` in them, by which their output is checked.
"""
