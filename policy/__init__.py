"""What may be collected, why, for how long and who may see it: data, loaded and checked."""

from policy.load import load_policy
from policy.model import Policy, PolicyError

__all__ = ["Policy", "PolicyError", "load_policy"]
