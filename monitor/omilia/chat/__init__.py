"""Synthetic conversations with an app: over REST or a WebSocket, one at a time, always ended."""

from monitor.omilia.chat.partings import PARTING
from monitor.omilia.chat.prober import ChatProber
from monitor.omilia.chat.script import ChatRequest, Kind, Script
from monitor.omilia.chat.socket import SWITCHED

__all__ = ["PARTING", "SWITCHED", "ChatProber", "ChatRequest", "Kind", "Script"]
