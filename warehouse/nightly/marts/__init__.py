"""Marts brought up to date: which days are stale, the engine that makes them anew, one step a mart."""
