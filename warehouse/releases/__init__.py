"""What is published: marts without a cell that could tell on somebody (R7)."""

from warehouse.releases.publish import Cells, Published, publish

__all__ = ["Cells", "Published", "publish"]
