"""The engine: ticks in, published facts out."""

from monitor.engine.engine import Engine
from monitor.engine.lookout import Lookout
from monitor.engine.roster import LOST_SIGHT

__all__ = ["LOST_SIGHT", "Engine", "Lookout"]
