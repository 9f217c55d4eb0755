"""The handshake of a WebSocket (RFC 6455, 4), and what is kept when it is refused."""

import ssl
from http import HTTPStatus

import aiohttp

from monitor.adapters.prober.errors import UpgradeRefusedError
from monitor.adapters.prober.received import Received
from monitor.adapters.prober.redirects import Hop
from monitor.adapters.prober.watch import Watch
from monitor.core.exchange import Phase


async def upgrade(
    session: aiohttp.ClientSession,
    hop: Hop,
    watch: Watch,
    received: Received,
    *,
    trusted: ssl.SSLContext | bool,
    parting: float,
) -> aiohttp.ClientWebSocketResponse | None:
    """Shake hands; None when it was refused, and the answer is received.

    The session needs `refusals` among its middlewares.
    """
    watch.cut = None
    try:
        return await session.ws_connect(
            hop.url,
            headers=hop.headers,
            timeout=aiohttp.ClientWSTimeout(ws_close=parting),
            max_msg_size=received.max_body,
            ssl=trusted,
        )
    except UpgradeRefusedError as refused:
        watch.enter(Phase.TRANSFER)
        try:
            await received.take(refused.response)
        finally:
            refused.response.close()
        return None
    except BaseException:
        watch.abort()
        raise


async def refusals(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the answer to a handshake that was refused, which aiohttp would throw away unread."""
    response = await handler(request)
    if response.status != HTTPStatus.SWITCHING_PROTOCOLS and "Upgrade" in request.headers:
        raise UpgradeRefusedError(response)
    return response
