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
from monitor.omilia.simulator.havoc import Havoc
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
        answering: set[asyncio.Task[None]] = set()
        self._open.add(transport := request.transport)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                # A task for each, so that a turn that hangs does not keep us from hearing the rest.
                task = asyncio.create_task(self._take(request, socket, session, message.data))
                answering.add(task)
                task.add_done_callback(answering.discard)
        finally:
            self._open.discard(transport)
            await asyncio.sleep(0)  # the last words came with the end: they count
            for task in answering:
                task.cancel()
            session.leave(properly=False)
        return socket

    async def _take(
        self, request: web.BaseRequest, socket: web.WebSocketResponse, session: Session, text: str
    ) -> None:
        """Answer one message, harmed or not."""
        message = read(text)
        path = f"{SESSION}/{'other' if message is None else session.place(message)}"
        havoc = self._havoc()
        struck = havoc.struck(path, {"Authorization": ""})
        ids, fault = None, None
        if struck is not None:
            ids = struck.ids
            if not await havoc.let_go(struck):
                wreck.reset(request.transport)
                return
            fault = None if struck.active is None else struck.active.fault
        self._requests.note("WS", path, None if fault else 200, ids)
        if fault is not None and fault.do in (Kind.RESET, Kind.RESTART):
            wreck.reset(request.transport)
        elif fault is not None and fault.do is Kind.HANG_UP:
            await socket.close(message=LOST)
        else:
            for event in self._said(session, message, path, fault):
                await _send(socket, event)

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
