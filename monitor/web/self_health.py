"""The daemon's own health. Omilia's outage never makes it fail."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from monitor.web.context import Context, ReadyCheck
from monitor.web.encoding import answer, stamp


class SelfHealth:
    """Handlers for who watches the watcher."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def livez(self, request: web.Request) -> web.Response:
        """Answer 200 while the loop ticks."""
        del request
        alive, detail = self._context.alive()
        return _text("ok" if alive else f"failed: {detail}", ok=alive)

    async def readyz(self, request: web.Request) -> web.Response:
        """Answer 200 while we can do our work; `?verbose` says what was looked at."""
        excluded = set(request.query.getall("exclude", ()))
        checks = [c for c in self._context.readiness() if c.name not in excluded]
        ready = all(check.ok for check in checks)
        if ready and "verbose" not in request.query:
            return _text("ok", ok=True)
        lines = [_line(check) for check in checks]
        unknown = excluded - {check.name for check in self._context.readiness()}
        lines += [f"there is no check {name[:50]!r} to exclude" for name in sorted(unknown)]
        lines.append("ready" if ready else "not ready")
        return _text("\n".join(lines), ok=ready)

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer with the metrics, in the format that is accepted."""
        accept = request.headers.get("Accept")
        body, content_type = await self._context.metrics(accept)
        return web.Response(body=body, headers={"Content-Type": content_type, "Vary": "Accept"})

    async def health(self, request: web.Request) -> web.Response:
        """Answer with `application/health+json` about the daemon itself."""
        del request
        context = self._context
        alive, detail = context.alive()
        checks = context.readiness()
        status = "fail" if not alive else "pass" if all(c.ok for c in checks) else "warn"
        body = {
            "status": status,
            "version": context.version,
            "serviceId": context.location,
            "description": "omilia-monitor itself, not what it watches",
            "checks": self._components(checks, alive=alive, detail=detail),
        }
        code = 200 if alive else 503
        return answer(body, code, content_type="application/health+json")

    def _components(
        self, checks: Sequence[ReadyCheck], *, alive: bool, detail: str
    ) -> dict[str, list[dict[str, Any]]]:
        """Describe each part in the draft's terms."""
        at = stamp(self._context.clock.now())
        store = self._context.history.health()
        failing = store.failing_since is not None
        components = {
            "loop:alive": _component("system", at, "pass" if alive else "fail", detail),
            "store:backlog": {
                **_component("datastore", at, "warn" if failing else "pass", store.error),
                "observedValue": store.backlog,
                "observedUnit": "facts",
            },
        }
        for check in checks:
            state = "pass" if check.ok else "warn"
            components[f"{check.name}:ready"] = _component("component", at, state, check.detail)
        return {name: [component] for name, component in components.items()}


def _component(kind: str, at: str, status: str, output: str) -> dict[str, Any]:
    """Describe a part; only what does not pass needs words."""
    described: dict[str, Any] = {"componentType": kind, "status": status, "time": at}
    if output and status != "pass":
        described["output"] = output
    return described


def _line(check: ReadyCheck) -> str:
    """Write a check as Kubernetes does."""
    if check.ok:
        return f"[+]{check.name} ok"
    return f"[-]{check.name} failed: {check.detail}"


def _text(text: str, *, ok: bool) -> web.Response:
    return web.Response(text=text + "\n", status=200 if ok else 503)
