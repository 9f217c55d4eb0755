"""Has credentials ready for probes: secrets that are carried, tokens that are asked for."""

from monitor.adapters.credentials.carried import Carried

__all__ = ["Carried"]
