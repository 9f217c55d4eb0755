"""The simulated chat: dialogs over REST, sessions over a WebSocket, and the licences they hold."""

from monitor.omilia.simulator.chat.dialogs import DIALOGS, ChatError, Dialogs
from monitor.omilia.simulator.chat.house import House, HouseRules
from monitor.omilia.simulator.chat.sessions import SESSION, Sessions

__all__ = ["DIALOGS", "SESSION", "ChatError", "Dialogs", "House", "HouseRules", "Sessions"]
