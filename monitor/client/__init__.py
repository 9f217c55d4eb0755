"""The client: a service's own copy of the verdicts, that costs it nothing to ask.

Needs aiohttp and nothing of the daemon. `monitor.client.middleware` asks before each request of an
aiohttp session, `monitor.client.threads` is for programs without a loop. See docs/client.md.
"""

from monitor.client.client import VerdictClient
from monitor.client.errors import CallRefused
from monitor.client.reporter import Reporter
from monitor.client.storage import FollowerStorage
from monitor.client.verdict import Verdict, Why

__all__ = ["CallRefused", "FollowerStorage", "Reporter", "Verdict", "VerdictClient", "Why"]
