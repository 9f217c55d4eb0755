"""A server that repeats everything: whatever is shown to it comes back, in every place it can.

The path says how (`/say/500/html` answers 500 with what was shown, in HTML). Its token endpoint
gives tokens that are easy to recognise, or refuses and repeats the form. Its socket answers
everything with an error that repeats it.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl, quote

from aiohttp import WSMsgType, web

_SHOWN = ("Authorization", "X-Secret", "X-OCP-PERSONAL-ACCESS-TOKEN")
_INNOCENT = ("client_id", "grant_type", "username")
_SPELLED: Mapping[str, Callable[[str], str]] = {
    "plain": lambda said: said,
    "html": lambda said: f"<h1>{said}</h1>",
    "quoted": quote,
    "base64": lambda said: b64encode(f"probe:{said}".encode()).decode(),
    "json": lambda said: json.dumps({"message": said}),
    "nested": lambda said: json.dumps({"detail": json.dumps({"again": said})}),
    "problem": lambda said: json.dumps({"errors": [{"detail": said, "code": "1"}]}),
    "fields": lambda said: json.dumps({said[:80]: [said]}),
}
"""How a body repeats it; only the beginning of what is said becomes part of a detail."""


class Parrot:
    """`async with Parrot(...) as parrot: parrot.url`."""

    def __init__(self, access: str, refresh: str, web_chat: dict[str, str]) -> None:
        self.url = ""
        self.tokens = {"access_token": access, "refresh_token": refresh, "expires_in": 30}
        self.refuses = False
        self.web_chat = web_chat
        self.asked: list[str] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_route("*", "/say/{status}/{rest:.*}", self._say)
        app.router.add_route("*", "/there/{rest:.*}", self._there)
        app.router.add_get("/web_chat/{status}", self._web_chat)
        app.router.add_get("/long/{rest:.*}", self._long)
        app.router.add_get("/socket", self._socket)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0][:2])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _said(self, request: web.Request) -> str:
        """Everything that was shown: first what is worth most, without its name, then all."""
        form = (await request.read()).decode()
        shown = [request.headers.get(name, "").removeprefix("Bearer ") for name in _SHOWN]
        shown += [value for name, value in parse_qsl(form) if name not in _INNOCENT]
        named = [f"{name}: {value}" for name, value in request.headers.items()]
        text = " ".join([*filter(None, shown), str(request.rel_url), form, *named])
        self.asked.append(text)
        return text

    async def _say(self, request: web.Request) -> web.Response:
        said = await self._said(request)
        form = request.match_info["rest"].split("/")[0]
        body = _SPELLED[form](said)
        back = {"X-Said": quote(said, safe=" ")[:4000], "WWW-Authenticate": said[:2000]}
        headers = {name: value.replace("\n", " ") for name, value in back.items()}
        return web.Response(status=int(request.match_info["status"]), body=body, headers=headers)

    async def _there(self, request: web.Request) -> web.Response:
        shown = request.headers.get("Authorization", request.headers.get("X-Secret", ""))
        target = f"/say/403/plain/{quote(shown, safe='')}?token={quote(shown, safe='')}"
        return web.Response(status=302, headers={"Location": target})

    async def _web_chat(self, request: web.Request) -> web.Response:
        return web.json_response(self.web_chat, status=int(request.match_info["status"]))

    async def _long(self, request: web.Request) -> web.Response:
        """Repeat what was shown exactly where an answer is cut."""
        shown = request.headers.get("X-Secret", "")
        return web.Response(status=500, text="x" * (1024 - len(shown) // 2) + shown * 3)

    async def _token(self, request: web.Request) -> web.Response:
        said = await self._said(request)
        if self.refuses:
            body = {"error": "invalid_grant", "error_description": said}
            return web.json_response(body, status=401)
        return web.json_response(self.tokens)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                error: dict[str, Any] = {
                    "type": "error_event",
                    "error_code": "BAD_REQUEST",
                    "error_message": f"{json.loads(message.data).get('api_key')} {message.data}",
                }
                await socket.send_json(error)
        return socket
