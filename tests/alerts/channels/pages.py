"""Receivers of other people's formats on loopback: they check the schema, and misbehave on cue.

Each is written from its vendor's own description of the API, not from what our channels send.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.alerts.receiver import Answer


@dataclass
class Page:
    """One system: what it believes, what came, and what it answers next instead of its best."""

    url: str = ""
    came: list[tuple[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    believes: dict[str, str] = field(default_factory=dict)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def hang(self, _: web.Request) -> web.StreamResponse:
        await self.closing.wait()
        return web.Response()

    def expect(self, holds: object, complaint: str) -> None:
        if not holds:
            self.wrong.append(complaint)


@asynccontextmanager
async def serving(page: Page, handle: Any) -> AsyncIterator[Page]:
    """Run a receiver; whatever path and method comes goes to one handler."""

    async def receive(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        page.came.append((request.path_qs, json.loads(body) if body else None))
        if page.answers:
            return await page.answers.pop(0)(request)
        answer: web.StreamResponse = await handle(page, request, page.came[-1][1])
        return answer

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receive)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    page.url = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        yield page
    finally:
        page.closing.set()
        await runner.cleanup()


async def pagerduty(page: Page, _: web.Request, event: Any) -> web.Response:
    """Events API v2: what an alert needs, what closes one, and what is dropped silently."""
    page.expect(event.get("routing_key") == "R" * 32, "routing_key")
    action, key = event.get("event_action"), event.get("dedup_key")
    page.expect(action in ("trigger", "acknowledge", "resolve"), "event_action")
    page.expect(isinstance(key, str) and 0 < len(key) <= 255, "dedup_key")
    if action == "trigger":
        payload = event.get("payload", {})
        page.expect(0 < len(payload.get("summary", "")) <= 1024, "summary")
        page.expect(payload.get("source"), "source")
        page.expect(payload.get("severity") in ("critical", "error", "warning", "info"), "severity")
        page.expect(datetime.fromisoformat(payload["timestamp"]).tzinfo, "timestamp")
        page.expect(isinstance(payload.get("custom_details", {}), dict), "custom_details")
        page.expect(all(set(one) == {"href", "text"} for one in event.get("links", [])), "links")
        page.believes[key] = "triggered"
    elif key in page.believes:
        page.believes[key] = "acknowledged"
        if action == "resolve":
            del page.believes[key]
    body = {"status": "success", "message": "Event processed", "dedup_key": key}
    return web.json_response(body, status=202)


_ALIAS = re.compile(r"/v2/alerts/([^/]+)/(close|acknowledge|notes)")


async def opsgenie(page: Page, request: web.Request, body: Any) -> web.Response:
    """The alert API: create by alias; close, acknowledge and note by alias."""
    page.expect(request.headers.get("Authorization") == "GenieKey k-0123456789", "key")
    path = request.path
    if path == "/v2/alerts":
        page.expect(0 < len(body.get("message", "")) <= 130, "message")
        page.expect(len(body.get("alias", "")) <= 512, "alias")
        page.expect(len(body.get("description", "")) <= 15_000, "description")
        page.expect(body.get("priority") in ("P1", "P2", "P3", "P4", "P5"), "priority")
        texts = all(isinstance(value, str) for value in body.get("details", {}).values())
        page.expect(texts, "details")
        page.believes[body["alias"]] = "open"
    else:
        found = _ALIAS.fullmatch(path)
        page.expect(found and request.query.get("identifierType") == "alias", f"path {path}")
        page.expect(isinstance(body.get("note"), str), "note")
        if found and found[2] == "close":
            page.believes.pop(found[1], None)
        elif found and found[2] == "acknowledge" and found[1] in page.believes:
            page.believes[found[1]] = "acked"
    return web.json_response({"result": "Request will be processed", "requestId": "r"}, status=202)


async def alertmanager(page: Page, request: web.Request, alerts: Any) -> web.Response:
    """POST /api/v2/alerts: labels identify, endsAt ends, an end before the start is refused."""
    page.expect(request.path == "/api/v2/alerts", "path")
    for alert in alerts:
        labels = alert.get("labels", {})
        page.expect(labels and all(isinstance(v, str) for v in labels.values()), "labels")
        names = all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in labels)
        page.expect(names and "alertname" in labels, "label names")
        annotations = alert.get("annotations", {})
        page.expect(all(isinstance(v, str) for v in annotations.values()), "annotations")
        starts, ends = (datetime.fromisoformat(alert[name]) for name in ("startsAt", "endsAt"))
        if ends < starts:
            return web.Response(status=400, text="start time must be before end time")
        page.believes[json.dumps(labels, sort_keys=True)] = alert["endsAt"]
    return web.Response()
