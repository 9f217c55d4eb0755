"""Where a report's figures come from: a store, read beside whoever writes it, or a daemon's API."""

from datetime import datetime
from typing import Any

from monitor.adapters.store import read_only
from monitor.app.remote import Remote, RemoteError
from monitor.app.settings import Settings
from monitor.app.wiring import contract_of
from monitor.core.month import Month
from monitor.ports import StoreUnavailableError
from monitor.web.contract_views import contract_view
from monitor.web.redact import safe_url

Figures = dict[str, Any]
"""What `GET /v1/availability` answers."""

PATIENCE = 60.0
"""Seconds that a daemon may take."""


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
    try:
        figures: Figures = Remote(url, patience=PATIENCE).get(
            "availability", month=str(month) if month else None, region=region
        )
    except RemoteError as error:
        raise CannotReadError(str(error)) from error
    if "regions" not in figures:
        raise CannotReadError(f"{safe_url(url)} does not answer like a daemon of ours")
    return figures
