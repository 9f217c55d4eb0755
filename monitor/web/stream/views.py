"""What an event says: the same values as the rest of the interface, for programs that follow."""

from monitor.board import Entry
from monitor.core.health import Health, Status
from monitor.core.maintenance import Cover
from monitor.web.encoding import stamp_or_none
from monitor.web.views import View, since_of


def health_change(entry: Entry, health: Health, cover: Cover | None, status: Status) -> View:
    """Say how an endpoint looks now, and the platform with it."""
    since, reason = since_of(entry.standing, health, cover)
    return {
        "endpoint": entry.endpoint.id,
        "group": entry.endpoint.group,
        "health": health,
        "since": stamp_or_none(since),
        "reason": reason,
        "status": status,
    }
