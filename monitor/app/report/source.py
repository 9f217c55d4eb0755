"""Where a report's figures come from: a store, read beside whoever writes it, or a daemon's API."""

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any

from monitor.adapters.store import read_only
from monitor.app.settings import Settings
from monitor.app.wiring import contract_of
from monitor.core.month import Month
from monitor.ports import StoreUnavailableError
from monitor.web.contract_views import contract_view

Figures = dict[str, Any]
"""What `GET /v1/availability` answers."""

PATIENCE = 60.0
"""Seconds that a daemon may take."""
_LONGEST = 300


class CannotReadError(Exception):
    """The figures cannot be had; the words say why."""


async def from_store(
    settings: Settings, month: Month | None, region: str | None, now: datetime
) -> Figures:
    """Read the figures of a month (the one that goes on, for None). Raises CannotReadError."""
    contract = contract_of(settings)
    month = month or Month.of(now, contract.zone)
    try:
        async with read_only(settings.store_url) as ledger:
            watches = await ledger.watches(*month.span(contract.zone))
    except StoreUnavailableError as error:
        raise CannotReadError(str(error)) from error
    known = {one.region for watch in watches for one in watch.stretches if one.region}
    if region is not None and known and region not in known:
        there = ", ".join(sorted(known))
        raise CannotReadError(f"no region {region!r} was watched in {month}; known: {there}")
    return contract_view(watches, month, contract, now, region)


def from_daemon(url: str, month: Month | None, region: str | None) -> Figures:
    """Ask a daemon for the figures of a month. Raises CannotReadError."""
    asked = {"month": month and str(month), "region": region}
    query = urllib.parse.urlencode({k: v for k, v in asked.items() if v is not None})
    address = f"{url.rstrip('/')}/v1/availability?{query}"
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise CannotReadError(f"{url} is not the URL of a daemon; write http://127.0.0.1:8080")
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as reply:  # noqa: S310  http(s) only
            figures = json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            raise CannotReadError(f"{url} answers {error.code}: {_said(error)}") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise CannotReadError(f"{url} cannot be read: {why}") from error
    if not isinstance(figures, dict) or "regions" not in figures:
        raise CannotReadError(f"{url} does not answer like a daemon of ours")
    return figures


def _said(error: urllib.error.HTTPError) -> str:
    """Return what a problem says to people."""
    try:
        return str(json.load(error)["detail"])[:_LONGEST]
    except (OSError, ValueError, KeyError, TypeError):
        return str(error.reason)
