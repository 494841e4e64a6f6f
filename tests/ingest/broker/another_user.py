"""Another process that uses the broker of the folder given: says which one, and leaves when its input ends."""

import sys
from pathlib import Path

from ingest.wire.broker import embedded_broker

if __name__ == "__main__":
    with embedded_broker(Path(sys.argv[1])) as broker:
        sys.stdout.write(f"{broker.pid} {broker.bootstrap}\n")
        sys.stdout.flush()
        sys.stdin.read()
