"""The control interface under /_simulator: reachable while everything else is on fire."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitor.omilia.simulator import account, page
from monitor.omilia.simulator.answer import JSON, rendered
from monitor.omilia.simulator.chat import House, HouseRules
from monitor.omilia.simulator.credentials import Credentials
from monitor.omilia.simulator.duration import Duration
from monitor.omilia.simulator.fault import CONTROL, RESTART_TAKES, Fault, Kind
from monitor.omilia.simulator.faults import Faults
from monitor.omilia.simulator.problems import problems_of
from monitor.omilia.simulator.request_log import RequestLog
from monitor.ports import Clock

Route = Callable[[web.BaseRequest], Awaitable[web.Response]]
PROBLEM = "application/problem+json"
FAULTS = f"{CONTROL}/faults"


class Restart(BaseModel):
    """The body of POST /_simulator/restart; all of it may be left out. `lasts` is in seconds."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = None
    lasts: Duration = Field(default=RESTART_TAKES, alias="for", gt=0)


class Control:
    """Answers the control interface."""

    def __init__(
        self,
        *,
        clock: Clock,
        faults: Faults,
        requests: RequestLog,
        credentials: Credentials,
        house: House,
        url: str,
        paths: list[str],
    ) -> None:
        self._clock = clock
        self._credentials = credentials
        self._house = house
        self._faults = faults
        self._requests = requests
        self._about = page.about(url, paths)
        self._text = page.text(url, paths)
        self._routes: dict[str, dict[str, Route]] = {
            CONTROL: {"GET": self._show},
            FAULTS: {"GET": self._list, "POST": self._set, "DELETE": self._clear},
            f"{CONTROL}/restart": {"POST": self._restart},
            f"{CONTROL}/requests": {"GET": self._log},
            f"{CONTROL}/account": {"GET": self._account, "POST": self._change},
            f"{CONTROL}/chat": {"GET": self._chat, "POST": self._rule},
        }

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request. What is wrong with it is told as problem+json (RFC 9457)."""
        path = request.path.rstrip("/")
        if path.startswith(f"{FAULTS}/"):
            methods: dict[str, Route] = {"DELETE": self._clear_one}
        else:
            methods = self._routes.get(path, {})
        if not methods:
            return _problem(404, f"there is nothing here; GET {CONTROL} tells what there is")
        do = methods.get("GET" if request.method == "HEAD" else request.method)
        if do is None:
            response = _problem(405, f"this path takes {', '.join(methods)}")
            response.headers["Allow"] = ", ".join(methods)
            return response
        try:
            return await do(request)
        except ValidationError as error:
            return _problem(400, "the body is not what is expected", _listed(error))

    async def _show(self, request: web.BaseRequest) -> web.Response:
        """Tell what this is: text for people, JSON for who asks for it."""
        if JSON in request.headers.get("Accept", ""):
            return _json(self._about)
        return web.Response(text=self._text)

    async def _list(self, _request: web.BaseRequest) -> web.Response:
        """List the faults that hold, the one that wins first."""
        now = self._clock.monotonic()
        return _json({"faults": [active.shown(now) for active in self._faults.active(now)]})

    async def _set(self, request: web.BaseRequest) -> web.Response:
        """Begin a fault."""
        fault = Fault.model_validate_json(await request.read())
        fault_id = self._faults.set(fault)
        response = _json({"id": fault_id}, 201)
        response.headers["Location"] = f"{FAULTS}/{fault_id}"
        return response

    async def _clear(self, _request: web.BaseRequest) -> web.Response:
        """End all faults."""
        return _json({"cleared": self._faults.clear()})

    async def _clear_one(self, request: web.BaseRequest) -> web.Response:
        """End one fault."""
        fault_id = request.path.rstrip("/").rpartition("/")[2]
        if not self._faults.clear(fault_id):
            return _problem(404, "no fault of that id holds")
        return _json({"cleared": 1})

    async def _restart(self, request: web.BaseRequest) -> web.Response:
        """Restart everything."""
        asked = Restart.model_validate_json(await request.read() or b"{}")
        fault = {"do": Kind.RESTART, "for": asked.lasts, "version": asked.version}
        return _json({"id": self._faults.set(Fault.model_validate(fault))}, 202)

    async def _account(self, _request: web.BaseRequest) -> web.Response:
        """Tell how the account behind the token endpoint is."""
        return _json(account.shown(self._credentials))

    async def _change(self, request: web.BaseRequest) -> web.Response:
        """Change the account."""
        account.Change.model_validate_json(await request.read()).apply(self._credentials)
        return _json(account.shown(self._credentials))

    async def _log(self, _request: web.BaseRequest) -> web.Response:
        """Tell what was asked so far."""
        return _json(self._requests.shown())

    async def _chat(self, _request: web.BaseRequest) -> web.Response:
        """Tell how conversations stand: licences, and how those that are over ended."""
        return _json(self._house.shown())

    async def _rule(self, request: web.BaseRequest) -> web.Response:
        """Change how the chat behaves."""
        self._house.rules = HouseRules.model_validate_json(await request.read())
        return _json(self._house.shown())


def _json(value: Mapping[str, Any], status: int = 200) -> web.Response:
    """Return a JSON response."""
    return rendered(value, status).response()


def _problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> web.Response:
    """Return a problem detail (RFC 9457)."""
    body: dict[str, Any] = {"type": "about:blank", "status": status, "detail": detail}
    if errors is not None:
        body["errors"] = errors
    return rendered(body, status, PROBLEM).response()


def _listed(error: ValidationError) -> list[dict[str, str]]:
    """Return every problem with its place."""
    return [{"at": problem.at, "wrong": problem.wrong} for problem in problems_of(error)]
