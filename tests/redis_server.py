"""A real Redis on a socket in a temporary folder, and a stock pybreaker in another process."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.servers import Server, folder, program, serving, until

PEER = """
import sys, pybreaker, redis
url, namespace = sys.argv[1:]
storage = pybreaker.CircuitRedisStorage("closed", redis.Redis.from_url(url), namespace=namespace)
breaker = pybreaker.CircuitBreaker(
    fail_max=2, reset_timeout=1, state_storage=storage, throw_new_error_on_trip=False
)
for line in sys.stdin:
    try:
        print(breaker.call(lambda: {"call": 1}[line.strip()]) and "went", flush=True)
    except pybreaker.CircuitBreakerError:
        print("rejected", flush=True)
    except KeyError:
        print("failed", flush=True)
"""
"""Somebody's program: it calls when it is told to, unless its breaker says no."""


class RedisServer:
    """A Redis that keeps nothing on a disk, and remembers every command."""

    def __init__(self, server: Server, socket: Path) -> None:
        self.server = server
        self.url = f"unix://{socket}"

    async def answers(self) -> bool:
        """Tell whether it does."""
        with contextlib.suppress(RedisError, OSError):
            async with Redis.from_url(self.url, socket_timeout=5) as client:
                return bool(await client.ping())
        return False

    async def ready(self) -> None:
        """Wait until it answers."""
        await until(self.answers, f"an answer of Redis at {self.url}")

    async def get(self, key: str) -> str | None:
        """Return what stands under a key."""
        async with Redis.from_url(self.url, decode_responses=True) as client:
            found = await client.get(key)
            return None if found is None else str(found)

    async def commands(self) -> list[str]:
        """Return the latest writes, the oldest first."""
        async with Redis.from_url(self.url, decode_responses=True) as client:
            said = [one["command"] for one in await client.slowlog_get(128)]
        texts = [one.decode() if isinstance(one, bytes) else str(one) for one in said]
        return [one for one in reversed(texts) if one.startswith("SET ")]


@contextlib.asynccontextmanager
async def redis_server() -> AsyncIterator[RedisServer]:
    """Run a Redis as long as somebody wants it."""
    async with folder() as place:
        socket = place / "redis.sock"
        options = ("--port", "0", "--unixsocket", str(socket), "--dir", str(place))
        quiet = ("--save", "", "--appendonly", "no", "--slowlog-log-slower-than", "0")
        async with serving(place, program("redis-server"), *options, *quiet) as server:
            redis = RedisServer(server, socket)
            await redis.ready()
            yield redis


class Peer:
    """A stock pybreaker that is told when to call."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def does(self, what: str = "call") -> str:
        """Have it call (or `fail`); return `went`, `failed` or `rejected`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n".encode())
        async with asyncio.timeout(60):
            return (await self._process.stdout.readline()).decode().strip()


@contextlib.asynccontextmanager
async def peer(redis: RedisServer, namespace: str) -> AsyncIterator[Peer]:
    """Run somebody's program as long as it is wanted."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PEER, redis.url, namespace),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Peer(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
