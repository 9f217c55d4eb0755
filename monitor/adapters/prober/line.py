"""A WebSocket: texts and a last word, whatever aiohttp makes of them."""

import asyncio
import contextlib

import aiohttp

from monitor.adapters.prober.faults import explain
from monitor.adapters.prober.watch import Watch
from monitor.core.credential import Shown
from monitor.core.detail import one_line
from monitor.core.exchange import Fault, HungUp, Phase, Phases

PARTING = 1.0
"""Seconds that the other side has to say good-bye."""
TOO_BIG = aiohttp.WSCloseCode.MESSAGE_TOO_BIG


class SocketLine:
    """One open WebSocket. Not for two who wait at the same time."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, watch: Watch, shown: Shown, parting: float
    ) -> None:
        self._socket = socket
        self._watch = watch
        self._parting = parting
        self._cut = watch.cut
        self._shown = shown
        self._next: asyncio.Task[aiohttp.WSMessage] | None = None

    @property
    def key(self) -> str:
        """The secret of the credential."""
        return self._shown.secret

    async def send(self, text: str) -> None:
        """Send a text. A line that is gone swallows it."""
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await self._socket.send_str(text)

    async def receive(self) -> str | HungUp:
        """Wait for the next text, or for the end.

        Whoever gives up waiting breaks nothing: aiohttp would take an abandoned wait for the end,
        and not wait for the other side's good-bye.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._socket.receive(), name="line")
        message = await asyncio.shield(self._next)
        self._next = None
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                return self._shown.redaction.text(message.data)
            case aiohttp.WSMsgType.BINARY:
                return self._shown.redaction.text(message.data.decode("utf-8", "replace"))
            case aiohttp.WSMsgType.CLOSE:
                return HungUp(
                    message.data, self._shown.redaction.text(one_line(message.extra or ""))
                )
            case aiohttp.WSMsgType.ERROR:
                return self._broken(message.data)
            case _:
                return HungUp(None, "the server dropped the connection")

    def _broken(self, error: BaseException) -> HungUp:
        """Say what ended a line that the other side did not end."""
        if isinstance(error, aiohttp.WebSocketError):
            fault = Fault.TOO_LARGE if error.code == TOO_BIG else Fault.PROTOCOL
            return HungUp(None, "a message that is no WebSocket message, or too large", fault)
        fault, detail = explain(error, Phase.TRANSFER)
        return HungUp(None, self._shown.redaction.text(detail), fault)

    async def close(self) -> None:
        """Take leave, and leave nothing behind. Waits no longer than it may."""
        try:
            async with asyncio.timeout(self._parting):
                await self._socket.close()
        except TimeoutError:
            pass
        finally:
            if self._next is not None:
                self._next.cancel()
                await asyncio.wait((self._next,))
            if self._cut is not None:
                self._cut()

    def measured(self) -> tuple[float, Phases, float | None]:
        """Stop the watch."""
        return self._watch.stop(), self._watch.phases(), self._watch.expiry
