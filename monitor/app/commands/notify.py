"""`notify`: a test alert and its resolve through one channel, and what came back."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import click

from alerts.alert import Alert, Severity, Status
from alerts.attempt import Attempt, Result
from alerts.channels import make
from alerts.message import Notification
from alerts.policy import Why
from monitor.adapters.clock import SystemClock
from monitor.app.commands.preview import preview as show_preview
from monitor.app.settings import Settings

_LASTED = timedelta(seconds=42)


def notify(settings: Settings, channel: str, *, as_json: bool, preview: bool) -> int:
    """Tell a test alert and its end. Returns 0 when both were taken, else 1.

    Raises click.UsageError for a channel that is not configured.
    """
    configured = settings.channels.root
    if channel not in configured:
        known = ", ".join(configured) or "none is configured"
        raise click.UsageError(f"there is no channel {channel!r} (known: {known})")
    if preview:
        return show_preview(channel, configured[channel], as_json=as_json)
    told = _notifications(settings.location, SystemClock().now())
    attempts = asyncio.run(_send(settings, channel, told))
    if as_json:
        came = zip(told, attempts, strict=False)
        click.echo(json.dumps([_as_json(one, attempt) for one, attempt in came], indent=2))
    else:
        for one, attempt in zip(told, attempts, strict=False):
            _show(channel, one, attempt)
    well = len(attempts) == len(told)
    return 0 if well and all(attempt.result is Result.TOLD for attempt in attempts) else 1


async def _send(settings: Settings, name: str, told: Sequence[Notification]) -> list[Attempt]:
    """Send one after the other; the end is not told to who did not take the beginning."""
    channel = make(name, settings.channels.root[name], SystemClock())
    attempts: list[Attempt] = []
    remote: dict[str, Any] = {}
    try:
        for one in told:
            before = told[len(attempts) - 1].alert if attempts else None
            attempt = await channel.send(replace(one, remote=remote, before=before))
            attempts.append(attempt)
            if attempt.result not in (Result.TOLD, Result.UNKNOWN):
                break
            remote = dict(attempt.remote or remote)
    finally:
        await channel.close()
    return attempts


def _notifications(location: str, now: datetime) -> list[Notification]:
    firing = Alert(
        id=f"test-{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{location}",
        revision=1,
        key="test",
        status=Status.FIRING,
        severity=Severity.WARNING,
        title="TEST of omilia-monitor: nothing is wrong",
        reason="somebody tries this channel; the end of it follows at once",
        started_at=now - _LASTED,
        updated_at=now,
        facts={
            "endpoint": "test",
            "group": "test",
            "category": "ok",
            "location": location,
            "sentence": "Nobody's: this is a test.",
            "detail": "no endpoint was asked",
        },
    )
    over = replace(
        firing,
        revision=2,
        status=Status.RESOLVED,
        title="resolved: TEST of omilia-monitor",
        reason="the test is over",
        ended_at=now,
    )
    return [Notification(Why.FIRST, firing, now), Notification(Why.RESOLVED, over, now)]


def _show(channel: str, one: Notification, attempt: Attempt) -> None:
    told = attempt.result is Result.TOLD
    if attempt.template:
        click.echo(f"{channel}: {one.alert.status}: its template failed ({attempt.template})")
    mark = click.style("told" if told else str(attempt.result), fg="green" if told else "red")
    click.echo(f"{channel}: {one.alert.status}: {mark}{'' if told else f' ({attempt.error})'}")


def _as_json(one: Notification, attempt: Attempt) -> dict[str, Any]:
    return {
        "id": one.id,
        "status": one.alert.status.value,
        "result": attempt.result.value,
        "reason": attempt.reason.value,
        "error": attempt.error,
        "retry_after": attempt.hint,
        "template": attempt.template,
    }
