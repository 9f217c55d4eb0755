"""Every credential of the configuration, under its name. Fits `monitor.ports.Credentials`."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from monitor.adapters.credentials.carried import Carried
from monitor.adapters.credentials.source import Fetch, Means, TokenSource
from monitor.core.credential import Pause, Shown, Stock
from monitor.core.exchange import NotSent
from monitor.core.token import Grant
from monitor.ports import Clock

NO_GRANTS: Mapping[str, Grant] = MappingProxyType({})


def _nobody() -> None:
    """Tell nobody."""


def _nothing(secrets: Iterable[str]) -> None:
    """Learn nothing."""


class Keeper(Carried):
    """Shows secrets as they are carried, and tokens as they are had. Close it before its loop ends.

    `fetch`, `uniform`, `changed` and `learn` are as `source.Means` says.
    """

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        uniform: Callable[[float, float], float],
        *,
        changed: Callable[[], None] = _nobody,
        learn: Callable[[Iterable[str]], None] = _nothing,
    ) -> None:
        super().__init__()
        self._means = Means(fetch, clock, uniform, changed, learn)
        self._sources: dict[str, TokenSource] = {}

    def adopt(
        self, credentials: Mapping[str, Shown], grants: Mapping[str, Grant] = NO_GRANTS
    ) -> None:
        """Go on with other credentials; a grant that is the same keeps its token and its pause.

        Requests in flight end as they began; nobody gets a token of a grant that was replaced.
        """
        super().adopt(credentials)
        before, self._sources = self._sources, {}
        for name, grant in grants.items():
            known = before.get(name)
            if known is not None and known.grant == grant:
                self._sources[name] = before.pop(name)
            else:
                self._sources[name] = source = TokenSource(name, grant, self._means)
                if known is not None:
                    source.requests = known.requests  # what is counted goes on
        for source in before.values():
            source.give_up()

    async def show(self, name: str, within: float) -> Shown | NotSent:
        """Return what to show now, or why there is nothing."""
        source = self._sources.get(name)
        return self._shown[name] if source is None else await source.show(within)

    async def renew(self, name: str, rejected: Shown, url: str, within: float) -> Shown | None:
        """Return something newer than what was rejected, if there is."""
        source = self._sources.get(name)
        if source is None:
            return await super().renew(name, rejected, url, within)
        return await source.renew(rejected, url, within)

    def grants(self) -> dict[str, Grant]:
        """Return what tokens are asked for with. These values are secret."""
        return {name: source.grant for name, source in self._sources.items()}

    def stocks(self) -> dict[str, Stock]:
        """Return how every credential is whose tokens have to be had."""
        return {name: source.stock() for name, source in self._sources.items()}

    def requests(self) -> Counter[tuple[str, str, str]]:
        """Count the requests for tokens, by credential, kind of grant and what came of them."""
        return Counter(
            {
                (name, grant, outcome): count
                for name, source in self._sources.items()
                for (grant, outcome), count in source.requests.items()
            }
        )

    def paused(self) -> dict[str, tuple[Grant, Pause]]:
        """Return what is paused, with the grant that was refused."""
        return {
            name: (source.grant, source.paused)
            for name, source in self._sources.items()
            if source.paused is not None
        }

    def pause(self, name: str, grant: Grant, pause: Pause) -> None:
        """Go on with a pause from before a restart, as long as the grant is still this one."""
        source = self._sources.get(name)
        if source is not None and source.grant == grant:
            source.paused = pause

    def resume(self, name: str) -> None:
        """Try again what was refused. Does nothing for what is only carried."""
        source = self._sources.get(name)
        if source is not None:
            source.resume()

    def tend(self) -> None:
        """Renew what would be lost if nobody asked for it: to be called every few seconds."""
        for source in self._sources.values():
            source.keep_alive()

    async def close(self) -> None:
        """Give up whatever is in flight."""
        flights = [flight for s in self._sources.values() if (flight := s.give_up()) is not None]
        await asyncio.gather(*flights, return_exceptions=True)
