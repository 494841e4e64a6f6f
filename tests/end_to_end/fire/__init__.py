"""Proof under fire: programs are killed and disks fill up, by a seed that replays, and no record is lost or counted twice."""
