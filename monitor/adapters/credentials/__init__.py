"""Has credentials ready for probes: secrets that are carried, tokens that are asked for."""

from monitor.adapters.credentials.carried import Carried
from monitor.adapters.credentials.keeper import Keeper

__all__ = ["Carried", "Keeper"]
