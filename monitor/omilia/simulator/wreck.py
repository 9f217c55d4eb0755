"""Breaking a connection: what no well-behaved server does."""

import asyncio
import socket
import struct

from aiohttp import web

from monitor.omilia.simulator.answer import Answer

GARBAGE = b"\x15\x03\x01 this is not HTTP \xff\xfe\r\n\r\n"
MISSING = 512
"""Bytes that are announced and never sent, besides half of the body."""
_NO_LINGER = struct.pack("ii", 1, 0)


def reset(transport: asyncio.Transport | None) -> None:
    """Drop a connection with an RST, as a host does whose process has died."""
    if transport is None:
        return
    linger = (socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.get_extra_info("socket").setsockopt(*linger)
    transport.abort()


def reset_by(request: web.BaseRequest) -> web.StreamResponse:
    """Drop the request's connection. What is returned cannot be sent any more."""
    reset(request.transport)
    return web.Response()


def garbage(request: web.BaseRequest) -> web.StreamResponse:
    """Send bytes that are not HTTP, and close."""
    transport = request.transport
    if transport is not None:
        transport.write(GARBAGE)
        transport.close()
    return web.Response()


async def truncated(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """Announce more than is sent: half of the body, then the end of the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body) + MISSING
    response.force_close()
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    return response
