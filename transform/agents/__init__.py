"""User agents, reduced to what counts: device, browser, system, and which of them are robots."""

from transform.agents.classes import classify_agents

__all__ = ["classify_agents"]
