"""A webhook sink: `python -m monitor.app.demo.sink HOST:PORT` shows every alert that arrives.

It checks the signature with the secret in $OPS_SECRET, as a receiver of yours should.
"""

import asyncio
import json
import os
import signal
import sys
from typing import Any

from monitor.app.daemon import address
from monitor.app.demo.receiver import Receiver


def _show(message: dict[str, Any], webhook_id: str) -> None:
    sys.stdout.write(json.dumps({"webhook-id": webhook_id, **message}) + "\n")
    sys.stdout.flush()


async def serve(listen: str, secret: str) -> None:
    """Listen until a signal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    receiver = Receiver(secret, _show)
    await receiver.start(*address(listen))
    await stop.wait()
    await receiver.stop()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], os.environ["OPS_SECRET"]))
