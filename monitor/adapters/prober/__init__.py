"""Fetches over HTTP with aiohttp, and turns every fault of the network into a value."""

from monitor.adapters.prober.prober import AiohttpProber

__all__ = ["AiohttpProber"]
