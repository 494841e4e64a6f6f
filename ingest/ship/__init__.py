"""Files to Kafka, log lines or JSON records: each line once, whatever the file is called and however it is packed."""

from ingest.ship.ship import Shipped, ship_files

__all__ = ["Shipped", "ship_files"]
