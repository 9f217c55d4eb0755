"""Maintenance as the interface shows it."""

from datetime import datetime
from typing import Any

from monitor.core.health import Health
from monitor.core.maintenance import CalendarHealth, Cover, Window
from monitor.web.encoding import stamp, stamp_or_none


def window_view(window: Window, now: datetime) -> dict[str, Any]:
    """Show a window."""
    over = "over" if now >= window.end else "scheduled"
    return {
        "id": window.id,
        "name": window.name,
        "state": "active" if window.is_active(now) else over,
        "from": stamp(window.start),
        "to": stamp(window.end),
        "endpoints": window.scope.endpoints,
        "groups": window.scope.groups,
        "regions": window.scope.regions,
        "reason": window.reason,
        "by": window.by,
        "ended_by": window.ended_by,
    }


def cover_view(cover: Cover, otherwise: Health) -> dict[str, Any]:
    """Show what an endpoint is under."""
    return {
        "window": cover.window.id,
        "name": cover.window.name,
        "reason": cover.window.reason,
        "by": cover.window.by,
        "since": stamp(cover.since),
        "until": stamp(cover.until),
        "otherwise": otherwise,
    }


def calendar_view(calendar: CalendarHealth) -> dict[str, Any]:
    """Show how a calendar is."""
    return {
        "name": calendar.name,
        "windows": calendar.windows,
        "had_at": stamp_or_none(calendar.had_at),
        "failing_since": stamp_or_none(calendar.failing_since),
        "error": calendar.error,
    }
