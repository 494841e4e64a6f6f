"""Web addresses without people: what of a request target or a referrer may be stored (R13, R34, R35)."""

from transform.urls.hosts import referrer_hosts
from transform.urls.resources import is_static
from transform.urls.targets import DEFAULT_ALLOWED, scrub_targets

__all__ = ["DEFAULT_ALLOWED", "is_static", "referrer_hosts", "scrub_targets"]
