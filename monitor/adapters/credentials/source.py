"""Where one credential's tokens come from: had once for many, renewed in time, in memory only."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.core.category import Category
from monitor.core.credential import Pause, Shown, Stock, Supply, bearer
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, NotSent
from monitor.core.token import Denied, Given, Grant, GrantType, answered, cleaned, pause_of, renewal
from monitor.ports import Clock, read

log = logging.getLogger("omilia_monitor.credentials")

Fetch = Callable[[Request], Awaitable[Exchange]]
FORCED_AGAIN = 900.0
"""Seconds in which one address makes us renew a token that has not expired at most once."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token in hand. Times are monotonic seconds."""

    shown: Shown
    expires: float
    renew_at: float


@dataclass(frozen=True, slots=True)
class Means:
    """What every source needs of the world.

    `fetch` makes a request that shows no credential; `uniform` are the dice. `changed` is called
    when it is otherwise than before whether there are tokens, `learn` with every secret that was
    given out, before anybody could repeat it. Neither may block or raise.
    """

    fetch: Fetch
    clock: Clock
    uniform: Callable[[float, float], float]
    changed: Callable[[], None]
    learn: Callable[[Iterable[str]], None]


class TokenSource:
    """One token endpoint and one grant. `requests` counts by kind of grant and what came of it.

    At most one request is in flight, whoever waits for it and whoever gives up. A refresh token
    comes first, the grant second. A grant that was refused is not repeated: the source pauses until
    it is told to `resume`.
    """

    def __init__(self, name: str, grant: Grant, means: Means) -> None:
        self.by = f"credential {name}"
        self.grant = grant
        self.requests: Counter[tuple[str, str]] = Counter()
        self.paused: Pause | None = None
        self._means = means
        self._token: Token | None = None
        self._refresh: str | None = None
        self._refresh_ends = math.inf
        self._refresh_since = 0.0
        self._denied: Denied | None = None
        self._denials = 0
        self._not_before = -math.inf
        self._flight: asyncio.Task[None] | None = None
        self._forced: dict[str, float] = {}
        self._since = means.clock.now()
        self._last = Supply.UNKNOWN

    # ------------------------------------------------------------ what probes ask

    async def show(self, within: float) -> Shown | NotSent:
        """Return a token that is good now; see `monitor.ports.Credentials`."""
        now = self._means.clock.monotonic()
        token = self._good(now)
        if token is not None:
            if now >= token.renew_at:
                self._take_off(now)  # nobody waits: the one in hand is good until then
            return token.shown
        flight = self._take_off(now)
        if flight is not None:
            await asyncio.wait((flight,), timeout=within)
            token = self._good(self._means.clock.monotonic())
            if token is not None:
                return token.shown
            if not flight.done():
                return NotSent(self.by, f"no token within {within:g} s")
        return NotSent(self.by, self.stock().reason)

    async def renew(self, rejected: Shown, url: str, within: float) -> Shown | None:
        """Return a newer token than the one that was rejected; see `monitor.ports.Credentials`.

        An address that rejects the newer one too gets no further one for its sake for a while.
        """
        now = self._means.clock.monotonic()
        token = self._good(now)
        if token is None or token.shown is rejected:
            if now < self._forced.get(url, -math.inf) + FORCED_AGAIN:
                return None
            flight = self._take_off(now)
            if flight is None:
                return None
            recent = {u: at for u, at in self._forced.items() if now < at + FORCED_AGAIN}
            self._forced = {**recent, url: now}
            await asyncio.wait((flight,), timeout=within)
            token = self._good(self._means.clock.monotonic())
        return None if token is None or token.shown is rejected else token.shown

    def _good(self, now: float) -> Token | None:
        token = self._token
        return token if token is not None and now < token.expires else None

    # ------------------------------------------------------------ having a token

    def _take_off(self, now: float) -> asyncio.Task[None] | None:
        """Begin to ask, or join who does; None while it is no use."""
        if self._flight is None and self.paused is None and now >= self._not_before:
            self._flight = asyncio.create_task(self._fly(), name=f"a token of {self.by}")
        return self._flight

    async def _fly(self) -> None:
        try:
            await self._ask_in_turn()
        except Exception:
            log.exception("credential.bug", extra={"by": self.by})
            self._deny(Denied(Category.UNEXPECTED, "a bug of ours, which is in the log"))
        finally:
            self._flight = None
        self._follow()

    async def _ask_in_turn(self) -> None:
        refresh = self._refresh if self._means.clock.monotonic() < self._refresh_ends else None
        if refresh is not None:
            denied = await self._ask(refresh)
            if denied is None or not denied.final:
                return
            self._refresh = None  # its session is over: the grant begins another
            if refresh == self.grant.refresh_token:
                self._pause(denied)
                return
        denied = await self._ask(None)
        if denied is not None and denied.final:
            self._pause(denied)

    async def _ask(self, refresh: str | None) -> Denied | None:
        """Ask once, and take what was given. Returns the denial when nothing was."""
        started = self._means.clock.monotonic()
        exchange = await self._means.fetch(self.grant.request(refresh))
        hidden = self.grant.redaction(*([refresh] if refresh else []))
        answer = answered(cleaned(exchange, hidden), self._means.clock.now())
        kind = GrantType.REFRESH_TOKEN if refresh else self.grant.type
        if isinstance(answer, Given):
            self.requests[kind, "given"] += 1
            self._take(answer, started)
            return None
        self.requests[kind, "refused" if answer.final else "unavailable"] += 1
        if not answer.final:
            self._deny(answer)
        return answer

    def _take(self, given: Given, started: float) -> None:
        self._means.learn([given.access, *([given.refresh] if given.refresh else [])])
        roll = self._means.uniform(0.0, 1.0)
        self._token = Token(
            bearer(given.access), started + given.life, started + renewal(given.life, roll)
        )
        if given.refresh is not None:
            self._refresh, self._refresh_since = given.refresh, started
            self._refresh_ends = started + (given.refresh_life or math.inf)
        self._denied, self._denials, self._not_before = None, 0, -math.inf

    def _deny(self, denied: Denied) -> None:
        self._denied = denied
        self._denials += 1
        pause = pause_of(self._denials, denied.retry_after, self._means.uniform(0.0, 1.0))
        self._not_before = self._means.clock.monotonic() + pause

    def _pause(self, denied: Denied) -> None:
        now = self._means.clock.now()
        self.paused = Pause(now, denied.why, denied.category, denied.status)
        log.error("credential.paused", extra={"by": self.by, "why": denied.why})

    # ------------------------------------------------------------ what people ask

    def stock(self) -> Stock:
        """Return how it is."""
        now = read(self._means.clock)
        token, paused, denied = self._good(now.mono), self.paused, self._denied
        expires_at = None
        if token is not None:
            left = timedelta(seconds=token.expires - now.mono)
            expires_at = (now.wall + left).replace(microsecond=0)
        if paused is not None:
            why = f"{paused.reason}; it is not tried again before somebody says so"
            return Stock(
                Supply.PAUSED,
                paused.since,
                why,
                paused.category,
                paused.status,
                expires_at=expires_at,
            )
        if token is not None:
            return Stock(Supply.OK, self._since, expires_at=expires_at)
        if denied is not None:
            return Stock(
                Supply.UNAVAILABLE,
                self._since,
                denied.why,
                denied.category,
                denied.status,
                denials=self._denials,
            )
        return Stock()

    def resume(self) -> None:
        """Try again, whatever was said."""
        self.paused, self._denied, self._denials = None, None, 0
        self._not_before = -math.inf
        self._forced.clear()
        self._follow()

    def keep_alive(self) -> None:
        """Renew a refresh token that nothing but itself could replace, before it ends.

        Only where the grant is a refresh token: others begin anew by themselves.
        """
        now = self._means.clock.monotonic()
        half = (self._refresh_since + self._refresh_ends) / 2
        if self.grant.type is GrantType.REFRESH_TOKEN and self._refresh and now >= half:
            self._take_off(now)

    def give_up(self) -> asyncio.Task[None] | None:
        """Cancel what is in flight, and return it. Whoever waits for it gets nothing."""
        if self._flight is not None:
            self._flight.cancel()
        return self._flight

    def _follow(self) -> None:
        """Say so when it is otherwise than before whether there are tokens."""
        supply = self.stock().supply
        if supply is not self._last:
            self._last, self._since = supply, self._means.clock.now()
        self._means.changed()
