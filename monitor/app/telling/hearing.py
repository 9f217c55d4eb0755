"""What somebody said at PagerDuty or Opsgenie about who has an incident, and what it makes of ours.

Each acknowledgement there counts once. So one that was given back here, that an incident grew worse
after, or that came while somebody had it from us, is not taken again while it still stands there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.taken import Taken
from monitor.core.ack import Ack
from monitor.core.incident import Incident
from monitor.ports import Clock

AHEAD = timedelta(hours=1)
"""How long it is believed when nobody can be asked; while it stands there it is renewed."""

Acknowledge = Callable[[str, Ack | None, str], Awaitable[Incident | None]]
"""Notes who has an incident, and which acknowledgement of elsewhere has counted."""


def decided(
    incident: Incident, channel: str, taken: Taken | None, now: datetime
) -> tuple[Ack | None, str] | None:
    """Say who has an incident by what a channel's system says, and what counts by that.

    None when nothing follows from it.
    """
    ack = incident.ack
    holds = ack is not None and ack.holds(now)
    if taken is None:
        return (None, "") if ack is not None and holds and ack.channel == channel else None
    ref = f"{channel}/{taken.ref}"
    if ack is not None and ack.ref == ref:
        stays = ack.until - now > AHEAD / 2
        return None if stays else (replace(ack, until=now + AHEAD), "")
    if ref in incident.heard:
        return None
    if ack is not None and holds and ack.channel != channel:
        return ack, ref
    return Ack(taken.by, now, now + AHEAD, channel=channel, ref=ref), ref


class Listener:
    """Turns what is heard of channels into acknowledgements of incidents.

    `parts` names the incidents that a group is told for; of any other it names that one. Who takes
    a group has all of them, and those that join while it is taken there.
    """

    def __init__(
        self,
        clock: Clock,
        find: Callable[[str], Incident | None],
        acknowledge: Acknowledge,
        parts: Callable[[str], Iterable[str]],
    ) -> None:
        self._clock = clock
        self._find = find
        self._acknowledge = acknowledge
        self._parts = parts

    def concerns(self, incident_id: str) -> bool:
        """Tell whether an incident goes on."""
        return any(self._find(one) is not None for one in self._parts(incident_id))

    async def hear(self, channel: str, incident_id: str, taken: Taken | None) -> None:
        """Draw the consequences of what a channel's system says."""
        known = (self._find(one) for one in self._parts(incident_id))
        now = self._clock.now()
        found = [(one.id, decided(one, channel, taken, now)) for one in known if one is not None]
        changes = [self._acknowledge(name, *what) for name, what in found if what is not None]
        await asyncio.gather(*changes)  # at once: of a group that is one message
