"""The desk where it is followed how credentials are: told, kept, shown, resumed."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from monitor.adapters.credentials import Keeper
from monitor.adapters.credentials.mark import mark_of, new_salt
from monitor.app.settings import Settings
from monitor.app.threads import in_a_thread
from monitor.board import Board, Entry
from monitor.core.credential import KeptPause, Pause, Supply
from monitor.core.credential_report import Report, report
from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident, Trouble
from monitor.core.outcome import Category
from monitor.core.stock_trouble import explained, incident_key, stock_trouble
from monitor.core.token import Grant
from monitor.ports import Clock, Pauses, StoreUnavailableError

log = logging.getLogger("omilia_monitor.credentials")

Notice = Callable[[str, Trouble | None, str, str], Awaitable[None]]
EVERY = 60.0
"""Seconds after which everything is looked at again, whether it changed or not."""


class CredentialDesk:
    """Follows the keeper. `soon` has an endpoint probed soon; `notice` is the engine's."""

    def __init__(
        self,
        *,
        clock: Clock,
        keeper: Keeper,
        board: Board,
        pauses: Pauses,
        settings: Callable[[], Settings],
        open_incidents: Callable[[], tuple[Incident, ...]],
        notice: Notice,
        soon: Callable[[Endpoint], None],
    ) -> None:
        self._clock = clock
        self._keeper = keeper
        self._board = board
        self._pauses = pauses
        self._settings = settings
        self._open_incidents = open_incidents
        self._notice = notice
        self._soon = soon
        self._kept: dict[str, KeptPause] | None = None
        """What the store keeps; None while that is not known."""
        self._one_at_a_time = asyncio.Lock()
        self._changed = False
        self._looked_at = float("-inf")

    # ------------------------------------------------------------ over a restart

    async def restore(self) -> None:
        """Go on with what was refused before the restart, as long as it is still the same."""
        try:
            kept_ones = self._kept = dict(await self._pauses.read())
        except StoreUnavailableError as error:
            log.warning("credentials.pauses_unknown", extra={"why": str(error)})
            return
        grants = self._keeper.grants()
        for name, kept in kept_ones.items():
            grant = grants.get(name)
            if grant is not None and await _mark(grant, kept.salt) == kept.mark:
                self._keeper.pause(name, grant, kept.pause)
        self._changed = True

    async def keep(self, within: float) -> None:
        """Keep what is paused, for the last time before a stop, if that takes no longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._keep()

    async def _keep(self) -> None:
        """Keep what is paused, and nothing else."""
        paused, known = self._keeper.paused(), self._kept
        now = {name: pause for name, (_, pause) in paused.items()}
        if known is not None and {name: kept.pause for name, kept in known.items()} == now:
            return
        kept = {name: await self._marked(name, *one) for name, one in paused.items()}
        try:
            await self._pauses.write(kept)
        except StoreUnavailableError as error:
            log.warning("credentials.pauses_not_kept", extra={"why": str(error)})
            return
        self._kept = kept

    async def _marked(self, name: str, grant: Grant, pause: Pause) -> KeptPause:
        kept = (self._kept or {}).get(name)
        if kept is not None and kept.pause == pause:
            return kept
        salt = new_salt()
        return KeptPause(pause, salt, await _mark(grant, salt))

    # ------------------------------------------------------------ following

    def changed(self) -> None:
        """Note that something is otherwise than before: it is looked at with the next beat."""
        self._changed = True

    async def beat(self) -> None:
        """Look when something changed, and now and then: to be called every second."""
        self._keeper.tend()
        async with self._one_at_a_time:  # who comes while somebody looks has it seen when this ends
            if self._changed or self._clock.monotonic() >= self._looked_at + EVERY:
                self._changed, self._looked_at = False, self._clock.monotonic()
                await self._look()

    async def _look(self) -> None:
        """Tell what is wrong, and what is right again; keep what is paused."""
        await self._keep()
        noticed = {one.key for one in self._open_incidents() if one.notice}
        for name in self._keeper.stocks():
            await self._follow(name, noticed)
            noticed.discard(incident_key(name))
        first = next(iter(self._board.entries()), None)
        for key in sorted(noticed):
            if first is not None and key.startswith(incident_key("")):
                await self._notice(key, None, first.endpoint.id, "no longer configured")

    async def _follow(self, name: str, noticed: set[str]) -> None:
        """Say how one credential is."""
        stock, key = self._keeper.stocks()[name], incident_key(name)
        users = self._users(name)
        if not users:
            return
        trouble = stock_trouble(name, stock)
        if trouble is not None:
            entries = {entry.endpoint.id: entry for entry in self._board.entries()}
            if key in noticed or not explained(stock, users, entries):
                await self._notice(key, trouble, users[0].endpoint.id, "")
        elif stock.supply is Supply.OK:
            if key in noticed:
                await self._notice(key, None, users[0].endpoint.id, "a token was given")
            for user in users:
                last = user.standing.last
                if last is not None and last.category is Category.BLOCKED:
                    self._soon(user.endpoint)

    def _users(self, name: str) -> list[Entry]:
        entries = self._board.entries()
        return [entry for entry in entries if entry.endpoint.request.credential == name]

    # ------------------------------------------------------------ what people ask and say

    def reports(self) -> list[Report]:
        """Return how every credential is, in the order of the configuration."""
        now, stocks, entries = self._clock.now(), self._keeper.stocks(), self._board.entries()
        return [
            report(
                name,
                configured.known_as,
                configured.life(),
                stocks.get(name),
                entries,
                now=now,
            )
            for name, configured in self._settings().credentials.items()
        ]

    def resume(self, name: str) -> Report | None:
        """Have a credential tried again, and shown soon; None when there is none of that name."""
        if name not in self._settings().credentials:
            return None
        self.tried_again(name)
        return next(one for one in self.reports() if one.name == name)

    def tried_again(self, name: str) -> None:
        """Try a credential again, because a person said so or its secret is another one."""
        self._keeper.resume(name)
        self._changed = True
        for user in self._users(name):
            self._soon(user.endpoint)


async def _mark(grant: Grant, salt: str) -> str:
    return await in_a_thread(lambda: mark_of(grant, salt), "credential mark")
