"""Chat sessions over WebSockets.

To faults each message is a request with a path of its own: /chat/ws/session is the handshake, and
/start, /turn and /stop beneath it are what is said afterwards.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from monitor.omilia.simulator import wreck
from monitor.omilia.simulator.answer import Answer
from monitor.omilia.simulator.chat.house import House
from monitor.omilia.simulator.chat.session import Event, Session, error, read, speaks
from monitor.omilia.simulator.fault import Fault, Kind
from monitor.omilia.simulator.havoc import Havoc, Struck
from monitor.omilia.simulator.request_log import RequestLog
from monitor.omilia.simulator.services import CHAT
from monitor.omilia.simulator.strike import answer_to
from monitor.ports import Clock

SESSION = "/chat/ws/session"
LOST = b"no session established"
_LARGEST = 65_536


class Sessions:
    """Serves sessions, and breaks them when it is told to. Make one per server."""

    def __init__(
        self,
        house: House,
        chat_key: Callable[[], str],
        clock: Clock,
        *,
        havoc: Callable[[], Havoc],
        requests: RequestLog,
    ) -> None:
        self._house = house
        self._chat_key = chat_key
        self._clock = clock
        self._havoc = havoc
        self._requests = requests
        self._open: set[asyncio.Transport | None] = set()

    def stop(self) -> None:
        """Drop every session."""
        for transport in self._open:
            wreck.reset(transport)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one connection to its end."""
        socket = web.WebSocketResponse(max_msg_size=_LARGEST)
        await socket.prepare(request)
        session = Session(self._house, self._chat_key())
        held: set[asyncio.Task[None]] = set()
        self._open.add(transport := request.transport)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                said = read(message.data)
                struck = self._struck(session, said)
                answering = self._answer(request, socket, session, said, struck)
                if struck is not None and struck.holds:
                    # Beside the rest: a turn that hangs does not keep us from hearing the end.
                    held.add(asyncio.create_task(answering))
                else:
                    await answering
        finally:
            self._open.discard(transport)
            for task in held:
                task.cancel()
            session.leave(properly=False)
        return socket

    def _struck(self, session: Session, said: Event | None) -> Struck | None:
        return self._havoc().struck(_path(session, said), {"Authorization": ""})

    async def _answer(
        self,
        request: web.BaseRequest,
        socket: web.WebSocketResponse,
        session: Session,
        said: Event | None,
        struck: Struck | None,
    ) -> None:
        """Answer one message, harmed or not."""
        if struck is not None and not await self._havoc().let_go(struck):
            return wreck.reset(request.transport)
        path, fault = _path(session, said), None
        if struck is not None and struck.active is not None:
            fault = struck.active.fault
        self._requests.note("WS", path, None if fault else 200, struck.ids if struck else None)
        if fault is not None and fault.do in (Kind.RESET, Kind.RESTART):
            return wreck.reset(request.transport)
        if fault is not None and fault.do is Kind.HANG_UP:
            await socket.close(message=LOST)
            return None
        for event in self._said(session, said, path, fault):
            await _send(socket, event)
        return None

    def _said(
        self, session: Session, message: Event | None, path: str, fault: Fault | None
    ) -> list[Any]:
        """Return what is sent: events, or whatever a fault puts in their place."""
        if message is None:
            return [error("BAD_REQUEST", "This is not a JSON object")]
        match fault.do if fault else None:
            case None | Kind.HANG:
                return list(session.take(message))
            case Kind.MUTE:
                return [event for event in session.take(message) if not speaks(event)]
            case Kind.EXPIRE:
                return [{"type": "state_event", "state": "SESSION_EXPIRED"}]
            case Kind.GARBAGE | Kind.TRUNCATE:
                return ['{"type": "dialog_mess']
        assert fault is not None  # noqa: S101  handled above
        answer = answer_to(fault, CHAT, path, self._clock.now())
        return list(session.take(message)) if answer is None else [_as_event(answer, fault)]


def _path(session: Session, said: Event | None) -> str:
    return f"{SESSION}/{'other' if said is None else session.place(said)}"


def _as_event(answer: Answer, fault: Fault) -> Any:
    """Say over a WebSocket what would be said over HTTP."""
    said = json.loads(answer.body)
    if fault.do is Kind.WRONG_BODY:
        return json.dumps(said)
    return error(said["error_code"], said["error_message"])


async def _send(socket: web.WebSocketResponse, event: Event | str) -> None:
    """Send an event, or a text that is none. Whoever is gone misses it."""
    try:
        await socket.send_str(event if isinstance(event, str) else json.dumps(event))
    except ConnectionError:
        return
