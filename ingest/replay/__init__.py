"""Dead letters read again from Kafka, at exactly their coordinates, and settled once."""

from ingest.replay.interrupted import find_interrupted
from ingest.replay.letters import GoneRange, Letter, Replayed
from ingest.replay.replay import Replay
from ingest.replay.whereabouts import why_gone

__all__ = ["GoneRange", "Letter", "Replay", "Replayed", "find_interrupted", "why_gone"]
