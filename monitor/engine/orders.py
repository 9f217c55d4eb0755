"""Orders: how they are given, ended, and made known at the moment at which their time is over."""

from dataclasses import replace
from datetime import datetime

from monitor.core import shadow
from monitor.core.instant import Instant
from monitor.core.order import NOTHING, Mode, Order, in_force, news
from monitor.core.standing import shadowed
from monitor.engine.conclusions import Conclusions
from monitor.engine.watched import Watched
from monitor.ports import Facts, read


class Orders(Conclusions):
    """Changes what is published, and never what is judged."""

    async def order(self, endpoint_id: str, order: Order | None, by: str) -> bool:
        """Put an order in force, or end the one that is (None); `by` is who says so.

        It is durable and published when this returns. False when there is no such endpoint. To
        order what holds anyway, that the breaker decides, is to end an order.
        """
        watched = self._watched.get(endpoint_id)
        if watched is None:
            return False
        now = read(self._clock)
        configured = in_force(None, watched.endpoint.order, now.wall)
        if order is not None and order.mode is Mode.AUTO and configured.mode is Mode.AUTO:
            order = None
        if order is not None or watched.standing.order is not None:
            await self._obey(watched, order, now, by)
        return True

    async def look_at_orders(self) -> None:
        """End what is over, and make known what a reload or a time in the file has changed."""
        now = read(self._clock)
        for watched in list(self._watched.values()):
            given, configured = watched.standing.order, watched.endpoint.order
            if given is None and configured is watched.order is NOTHING:
                continue
            if given is not None and not given.holds(now.wall):
                await self._obey(watched, None, now, "")
            elif in_force(given, configured, now.wall) != watched.order:
                is_over = not watched.order.holds(now.wall)
                await self._obey(watched, given, now, "" if is_over else configured.by)

    def orders_change_at(self) -> datetime | None:
        """Return when the next time is over, None when no order has one."""
        orders = (
            one
            for watched in self._watched.values()
            for one in (watched.standing.order, watched.endpoint.order)
        )
        now = self._clock.now()
        return min((o.until for o in orders if o and o.until and o.until > now), default=None)

    async def _obey(self, watched: Watched, order: Order | None, now: Instant, by: str) -> None:
        """Draw the consequences of another order: standing, incident, timeline, news."""
        before, endpoint = watched.standing, watched.endpoint
        ended = watched.order
        after = in_force(order, endpoint.order, now.wall)
        standing = shadowed(replace(before, order=order, shadow=None), endpoint, now.wall)
        watched.standing, watched.order = standing, after
        incidents = self._book.ordered(standing, endpoint, now.wall)
        watched.settled += incidents
        last = min(now.wall, ended.until or now.wall)
        said = "" if before.shadow is None else shadow.summary(before.shadow, last)
        event = news(endpoint.id, ended, after, last if not by else now.wall, by=by, shadowed=said)
        await self._store.commit(Facts(standing, (), incidents, (event,)))
        self._publish(watched, None, ())
