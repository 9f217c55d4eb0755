"""`probe`: one look at each endpoint, shown with its phases and how it was judged."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from monitor.adapters.clock import SystemClock, uniform
from monitor.adapters.credentials import Keeper
from monitor.adapters.prober import AiohttpProber
from monitor.app.asking import Asking
from monitor.app.logs import redactor, set_up
from monitor.app.redaction import secrets_of
from monitor.app.settings import Settings
from monitor.app.wiring import credentials_of, endpoint_of, grants_of
from monitor.core.endpoint import Endpoint
from monitor.core.outcome import Category, Effect, Outcome, judged
from monitor.omilia.chat import ChatRequest

_COLOURS = {Effect.SUCCESS: "green", Effect.FAILURE: "red", Effect.NEUTRAL: "yellow"}


def probe(settings: Settings, ids: Sequence[str], *, as_json: bool) -> int:
    """Probe once, in parallel; no alert, no store. Returns 0 when all is ok, else 1.

    Raises click.UsageError for an id that is not configured.
    """
    redactor.know(secrets_of(settings))
    if not logging.getLogger().handlers:
        set_up("warning", "text")
    endpoints = {e.id: endpoint_of(e) for e in settings.endpoints}
    unknown = [name for name in ids if name not in endpoints]
    if unknown:
        known = ", ".join(endpoints)
        raise click.UsageError(f"there is no endpoint {', '.join(unknown)} (known: {known})")
    chosen = [endpoints[name] for name in ids] or list(endpoints.values())
    outcomes = asyncio.run(_probe(settings, chosen))
    if as_json:
        click.echo(json.dumps([_as_json(o) for o in outcomes], indent=2))
    else:
        for endpoint, outcome in zip(chosen, outcomes, strict=True):
            _show(endpoint, outcome)
    return 0 if all(outcome.category is Category.OK for outcome in outcomes) else 1


async def _probe(settings: Settings, endpoints: Sequence[Endpoint]) -> list[Outcome]:
    clock = SystemClock()
    credentials = Keeper(lambda request: plain.fetch(request), clock, uniform)  # noqa: PLW0108  not made yet
    credentials.adopt(credentials_of(settings), grants_of(settings))
    async with AiohttpProber(credentials) as plain:
        asking = Asking(plain, clock, lambda: map(endpoint_of, settings.endpoints))

        async def one(endpoint: Endpoint) -> Outcome:
            due = clock.now()
            exchange = await asking.fetch(endpoint.request)
            return judged(endpoint.id, exchange, endpoint.expectation, due=due, now=clock.now())

        try:
            return list(await asyncio.gather(*map(one, endpoints)))
        finally:
            await asking.close()
            await credentials.close()


def _phases(outcome: Outcome) -> dict[str, float]:
    return {name: s for name, s in asdict(outcome.phases).items() if s is not None}


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "endpoint": outcome.endpoint,
        "at": outcome.at.isoformat().replace("+00:00", "Z"),
        "category": outcome.category,
        "effect": outcome.effect,
        "status": outcome.status,
        "fault": outcome.fault,
        "phase": outcome.phase,
        "detail": outcome.detail,
        "latency": outcome.latency,
        "phases": asdict(outcome.phases),
        "steps": [asdict(step) for step in outcome.steps],
        "retry_after": outcome.retry_after,
    }


def _show(endpoint: Endpoint, outcome: Outcome) -> None:
    category = click.style(f"{outcome.category:<14}", fg=_COLOURS[outcome.effect], bold=True)
    status = f"HTTP {outcome.status}" if outcome.status else f"{outcome.fault or 'not sent'}"
    took = f"{1000 * (outcome.latency or 0):.0f} ms"
    click.echo(f"{category} {endpoint.id}  {status}, {took}")
    request = endpoint.request
    how = f"chat, {request.kind}" if isinstance(request, ChatRequest) else request.method
    click.echo(f"{'':<14} {how} {request.url.partition('?')[0]}")
    phases = "  ".join(f"{name} {1000 * s:.1f} ms" for name, s in _phases(outcome).items())
    if phases:
        click.echo(f"{'':<14} {phases}")
    steps = "  ".join(f"{step.name} {1000 * step.seconds:.1f} ms" for step in outcome.steps)
    if steps:
        click.echo(f"{'':<14} {steps}")
    if outcome.detail:
        click.echo(f"{'':<14} {outcome.detail}")
    effect = {
        Effect.SUCCESS: "a success for the breaker",
        Effect.FAILURE: "a failure for the breaker",
        Effect.NEUTRAL: "neutral: the breaker is left alone",
    }[outcome.effect]
    click.echo(click.style(f"{'':<14} {effect}", dim=True))
