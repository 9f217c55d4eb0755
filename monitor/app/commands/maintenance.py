"""`maintenance list`: what the configuration announces, where it lies on the clock."""

import asyncio
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from monitor.adapters.clock import SystemClock
from monitor.app.maintenance.almanac import Almanac
from monitor.app.settings import Settings
from monitor.core.maintenance import CalendarHealth, Copy, Plan, Window
from monitor.web.maintenance_views import calendar_view, window_view


def list_windows(settings: Settings, *, limit: int, as_json: bool) -> int:
    """Show the next windows. Returns 0, or 1 when a calendar cannot be read."""
    now = SystemClock().now()
    windows, calendars = asyncio.run(_announced(settings))
    windows = Plan(windows).from_(now)[:limit]
    if as_json:
        found = {
            "maintenance": [window_view(one, now) for one in windows],
            "calendars": [calendar_view(one) for one in calendars],
        }
        click.echo(json.dumps(found, indent=2))
    else:
        zones = {one.name: one.timezone or "UTC" for one in settings.maintenance}
        for window in windows:
            _show(window, zones, now)
        if not windows:
            click.echo("nothing is announced")
    failing = [calendar for calendar in calendars if calendar.error]
    for calendar in failing:
        click.echo(f"{click.style('error', fg='red')} {calendar.name}: {calendar.error}", err=True)
    return int(bool(failing))


async def _announced(settings: Settings) -> tuple[list[Window], list[CalendarHealth]]:
    async def keep(_: Copy) -> None: ...

    almanac = Almanac(SystemClock(), keep, lambda _: None, lambda: ())
    await almanac.adopt(settings.maintenance)
    await almanac.renew()
    return list(almanac.windows()), almanac.calendars()


def _show(window: Window, zones: dict[str, str], now: datetime) -> None:
    """Show a window on the wall clock of whoever announced it."""
    by = max((name for name in zones if window.id.startswith(f"{name}-")), key=len)
    start, end = (moment.astimezone(ZoneInfo(zones[by])) for moment in (window.start, window.end))
    scope = window.scope
    about = ", ".join((*scope.endpoints, *scope.groups, *scope.regions)) or "everything"
    mark = click.style("now", fg="yellow") if window.is_active(now) else "   "
    reason = f": {window.reason}" if window.reason else ""
    lasts = window.end - window.start
    click.echo(
        f"{mark} {start:%a %Y-%m-%d %H:%M %z} to {end:%a %H:%M %z} ({lasts})"
        f"  {window.name} [{about}]{reason}"
    )
