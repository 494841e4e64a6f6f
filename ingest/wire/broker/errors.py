"""What can go wrong with the embedded broker.

FootfallError
└── BrokerError       the broker cannot be had, started, reached or stopped
    └── JarError      one of its jars is missing or is not the pinned one
"""

from policy.errors import FootfallError


class BrokerError(FootfallError):
    """The embedded broker cannot be started, reached or stopped; records already taken stay on disk."""


class JarError(BrokerError):
    """A jar of the broker can be had nowhere, or is not the pinned one."""
