"""The nightly batch: models over the days that changed, releases, keys, files, one summary (R57)."""

from warehouse.models import ModelError
from warehouse.nightly.run import Progress, run_nightly
from warehouse.nightly.summary import Accounting, NightlySummary, Rebuilt

__all__ = ["Accounting", "ModelError", "NightlySummary", "Progress", "Rebuilt", "run_nightly"]
