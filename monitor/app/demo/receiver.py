"""The demo's webhook receiver: somebody's system that gets our alerts, and checks the signature."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Heard = Callable[[dict[str, Any], str], None]
"""Called with each message and its webhook-id."""


class Receiver:
    """Takes POSTs of Standard Webhooks."""

    def __init__(self, secret: str, heard: Heard) -> None:
        self._webhook = Webhook(secret)
        self._heard = heard
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Begin to listen, on a port of the system's choice for 0; `url` is known afterwards."""
        app = web.Application()
        app.router.add_post("/alerts", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.url = "http://{}:{}/alerts".format(*self._runner.addresses[0][:2])

    async def stop(self) -> None:
        """Close the door."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            message = self._webhook.verify(await request.read(), dict(request.headers))
        except (WebhookVerificationError, ValueError):  # a malformed header is a ValueError
            return web.Response(status=401, text="the signature is wrong")
        self._heard(message, request.headers["webhook-id"])
        return web.Response(status=204)
