"""What came back so far: kept as it comes, so that it survives whatever ends it."""

from asyncio import Future

from aiohttp import ClientResponse, StreamReader
from multidict import CIMultiDictProxy

from monitor.adapters.prober.errors import BodyBrokenError, BodyTooLargeError
from monitor.adapters.prober.watch import Watch
from monitor.core.exchange import Reply
from monitor.core.redaction import Redaction

ERROR = 400
"""From this status on the status is the answer, whatever becomes of the body."""


class Received:
    """Collects a response. `status` is 0 until its head has come."""

    __slots__ = ("_chunks", "_headers", "_size", "max_body", "status")

    def __init__(self, max_body: int) -> None:
        self.max_body = max_body
        self._chunks: list[bytes] = []
        self._size = 0
        self._headers: CIMultiDictProxy[str] | None = None
        self.status = 0

    async def take(self, response: ClientResponse) -> None:
        """Read a response's body to its end; of an error's, as much as `max_body`.

        `max_body` counts decoded bytes: a small body that unpacks into a huge one is stopped too,
        since aiohttp unpacks no faster than we read. Raises BodyTooLargeError, and what aiohttp
        raises for a body that breaks off.
        """
        self.status = response.status
        self._headers = response.headers
        content = response.content
        if content.is_eof():  # it came with the head, as short ones do
            return await self._read(content)
        protocol = response.connection.protocol if response.connection is not None else None
        closed = protocol.closed if protocol is not None else None
        if closed is None:
            return await self._read(content)

        def notice(lost: Future[None]) -> None:
            lost.exception()  # whatever it was, the reader is told below or by aiohttp
            self._wake(content)

        closed.add_done_callback(notice)
        try:
            await self._read(content)
        finally:
            closed.remove_done_callback(notice)

    async def _read(self, content: StreamReader) -> None:
        """Read to the end, or to the limit."""
        while not content.at_eof():
            try:
                chunk = await content.readany()
            except RuntimeError as error:  # aiohttp's way to say that nothing more will come
                raise BodyBrokenError("the body is malformed") from error
            self._chunks.append(chunk)
            self._size += len(chunk)
            if self._size > self.max_body:
                if self.status < ERROR:
                    raise BodyTooLargeError(f"the body is larger than {self.max_body} bytes")
                return

    def _wake(self, content: StreamReader) -> None:
        """End the wait for a body that will not go on.

        When the parser meets something malformed within a body that is being waited for, aiohttp
        closes the connection but does not tell the reader, who would wait for ever.
        """
        waiting = content.total_bytes == self._size
        if waiting and not content.is_eof() and content.exception() is None:
            content.set_exception(BodyBrokenError("the body is malformed"))

    def reply(self, latency: float, watch: Watch, redaction: Redaction) -> Reply:
        """Make the reply, with the secrets that were sent taken out."""
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        cut = self._size > self.max_body
        headers = _plain(self._headers) if self._headers is not None else {}
        body = redaction.body(body, cut=cut)
        if cut:
            body = body[: self.max_body]
        return Reply(
            self.status, body, redaction.headers(headers), latency, watch.phases(), watch.expiry
        )


def _plain(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Return headers with lower-case names, repeated ones joined (RFC 9110, 5.3)."""
    plain: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        text = value if value.isascii() else _printable(value)
        plain[lower] = f"{plain[lower]}, {text}" if lower in plain else text
    return plain


def _printable(value: str) -> str:
    """Replace bytes that are not UTF-8, which nothing could store or show."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
