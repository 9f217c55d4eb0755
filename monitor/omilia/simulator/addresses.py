"""Which service answers where: all at one address, or some at one of their own.

Omilia's regions differ in this: IAM, the analytics and the chat widget may have hosts of their own,
and then they are found nowhere else. Here a port stands for a host.
"""

from collections.abc import Collection, Iterator

from aiohttp import web

from monitor.omilia.regions import Region
from monitor.omilia.simulator.services import IAM, INSIGHTS, WEBCHAT, service_of


def apart_in(region: Region) -> Iterator[str]:
    """Yield the services that have a host of their own in a region."""
    if region.auth != region.api:
        yield IAM.name
    if region.analytics != region.api:
        yield INSIGHTS.name
    yield WEBCHAT.name


class Addresses:
    """The addresses of one simulator. `apart` names the services with one of their own."""

    def __init__(self, apart: Collection[str]) -> None:
        self._apart = tuple(dict.fromkeys(apart))
        self._urls: dict[str, str] = {}
        self._homes: dict[int, str] = {}

    async def listen(self, runner: web.ServerRunner, host: str, port: int) -> None:
        """Listen at `port`, and at any other one for each service apart. Raises OSError."""
        for wanted in (port, *(0 for _ in self._apart)):
            await web.TCPSite(runner, host, wanted, backlog=1024).start()
        names = ("", *self._apart)
        self._urls = {name: _url(at) for name, at in zip(names, runner.addresses, strict=False)}
        self._homes = {at[1]: name for name, at in zip(names, runner.addresses, strict=False)}

    def of(self, service: str = "") -> str:
        """Return the URL of a service, or of all that have none of their own."""
        return self._urls.get(service) or self._urls[""]

    def lost(self, request: web.BaseRequest) -> bool:
        """Tell whether somebody asks a service where it is not."""
        if not self._apart or request.transport is None:
            return False
        here = self._homes.get(request.transport.get_extra_info("sockname")[1], "")
        name = service_of(request.path).name
        return here != (name if name in self._apart else "")


def _url(address: tuple[str, int]) -> str:
    """Write a bound address as a URL."""
    host, port = address[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
