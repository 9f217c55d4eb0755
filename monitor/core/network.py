"""That we are offline: one incident while it lasts, and one sentence that sums it up afterwards."""

from datetime import datetime

from monitor.core.blame import OFFLINE
from monitor.core.category import Category
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, Trouble
from monitor.core.sight import Sight

NETWORK = "network"
"""The key of the incident."""


def trouble_offline(sight: Sight) -> Trouble:
    """Say what is wrong with our own network."""
    return Trouble(
        key=NETWORK,
        health=Health.UNKNOWN,
        severity=Severity.ERROR,
        category=Category.UNREACHABLE,
        reason=f"too few witnesses answer; silent: {', '.join(sight.unheard)}",
        blamed=OFFLINE,
    )


def digest(incident: Incident, now: datetime) -> str:
    """Sum up how long we were blind, and what we missed."""
    day = "" if incident.opened_at.date() == now.date() else "%Y-%m-%d "
    probes = f"{incident.inconclusive} probe{'' if incident.inconclusive == 1 else 's'}"
    began, ended = (f"{at:{day}%H:%M}" for at in (incident.opened_at, now))
    return f"blind from {began} to {ended} UTC, {probes} inconclusive"
