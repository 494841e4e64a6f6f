"""The nightly batch: models over the days that changed, releases, keys, files, one summary (R57)."""

from warehouse.models import ModelError
from warehouse.nightly.run import Progress, Registered, run_nightly
from warehouse.nightly.summary import Accounting, Customers, NightlySummary, Rebuilt

__all__ = [
    "Accounting",
    "Customers",
    "ModelError",
    "NightlySummary",
    "Progress",
    "Rebuilt",
    "Registered",
    "run_nightly",
]
