"""What people may order about deliveries: try it now, or do not tell it at all.

Nothing that was told is ever un-told by that, and how things stand is not changed.
"""

import logging
from collections.abc import Mapping
from enum import StrEnum

from alerts import entry as entries
from alerts.courier import Courier
from alerts.message import Notification
from alerts.moment import ms_of
from alerts.policy import Due
from alerts.world import World

_log = logging.getLogger("omilia_monitor.alerts.orders")


class Dropped(StrEnum):
    """What came of the order to drop what a channel is owed."""

    DONE = "done"
    UNWRITTEN = "unwritten"
    """Done, but the database does not take it now: a restart before it does forgets the order."""
    NOTHING_OWED = "nothing_owed"
    ANOTHER_OWED = "another_owed"
    """What is owed now is not what was meant."""
    BEING_TOLD = "being_told"
    """It is on its way at this moment: what comes of that cannot be taken back."""


class Orders:
    """Carries orders out. `couriers` are those in force, by the names of their channels."""

    def __init__(self, couriers: Mapping[str, Courier], world: World) -> None:
        self._couriers = couriers
        self._world = world

    def retry(self, channel: str, key: str | None, by: str) -> None:
        """Forget what a message, or all of a channel, and the channel itself wait for.

        Also one that is disabled or misconfigured is asked again at once. What is owed stays owed.
        """
        courier = self._couriers[channel]
        if key is not None:
            courier.notice(key)
        courier.watch.hurry()
        courier.hurry(key)
        _log.info("delivery.retry", extra={"channel": channel, "alert_key": key, "by": by})

    async def drop(self, channel: str, key: str, by: str, only: str | None = None) -> Dropped:
        """Do not tell a channel the one thing that it is owed about a key.

        `only` is the id of the message that is meant, when whoever orders that has seen one.
        """
        courier, world = self._couriers[channel], self._world
        if courier.is_telling(key):
            return Dropped.BEING_TOLD
        due = courier.outlook(key)
        if not isinstance(due, Due):
            return Dropped.NOTHING_OWED
        now = world.clock.now()
        if only not in (None, Notification(due.why, due.alert, now, number=due.number).id):
            return Dropped.ANOTHER_OWED
        known, now_ms = world.journal.entry(channel, key), ms_of(now)
        world.journal.note(
            entries.dropped(known, channel, due.alert, by, now_ms, reminded=due.number)
        )
        world.tally.dropped[channel] += 1
        said = {
            "channel": channel,
            "incident": due.alert.idempotency_id,
            "alert_key": key,
            "notification_reason": due.why.value,
            "by": by,
        }
        _log.warning("delivery.dropped", extra=said)
        courier.notice(key)  # something else may be owed now, and has not failed yet
        courier.hurry(key)
        await world.journal.durable()
        return Dropped.DONE if world.journal.failing_since is None else Dropped.UNWRITTEN
