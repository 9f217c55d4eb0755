"""The gate: pybreaker holds the states, everything that follows from time stands beside it."""

from monitor.adapters.gate.gate import PybreakerGate

__all__ = ["PybreakerGate"]
