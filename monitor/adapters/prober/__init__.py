"""Fetches over HTTP with aiohttp, and turns every fault of the network into a value."""

from monitor.adapters.prober.polling import PolledRequest, PollProber
from monitor.adapters.prober.prober import AiohttpProber
from monitor.adapters.prober.resolver import ThreadPerNameResolver

__all__ = ["AiohttpProber", "PollProber", "PolledRequest", "ThreadPerNameResolver"]
