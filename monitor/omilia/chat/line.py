"""What a conversation over a WebSocket is held over, as it needs it: an adapter fits by shape."""

from typing import Protocol

from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, HungUp, Phases
from monitor.ports import Prober


class Line(Protocol):
    """An open WebSocket. Who opened it closes it."""

    @property
    def key(self) -> str:
        """The secret of the request's credential, for protocols that carry it in messages."""
        ...

    async def send(self, text: str) -> None:
        """Send a text. Raises nothing: that a line is gone is said by `receive`."""
        ...

    async def receive(self) -> str | HungUp:
        """Wait for a text, which has the credential's secret taken out. May be given up."""
        ...

    async def close(self) -> None:
        """Take leave with code 1000, and wait for the other side to do so; not for ever."""
        ...

    def measured(self) -> tuple[float, Phases, float | None]:
        """Stop the watch: whole seconds so far, phases, the certificate's expiry.

        `first_byte` is the handshake's answer, `transfer` whatever was said since.
        """
        ...


class Lines(Protocol):
    """Opens WebSockets, and turns every fault of the network into a value."""

    async def connect(self, request: Request) -> Line | Exchange:
        """Open one; a `Reply` is a refused handshake. Raises only CancelledError and our bugs."""
        ...


class Network(Prober, Lines, Protocol):
    """What conversations are held over."""
