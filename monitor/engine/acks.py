"""Acknowledgements: made durable with their incident, and told like any other change of it."""

from monitor.core.ack import Ack
from monitor.core.incident import Incident
from monitor.core.standing import Standing
from monitor.engine.hearsay import Hearsay
from monitor.ports import Facts, News


class Acks(Hearsay):
    """Notes who has taken an incident."""

    async def acknowledge(
        self, incident_id: str, ack: Ack | None, ref: str = ""
    ) -> Incident | None:
        """Note that somebody has taken an incident, or (None) that nobody has it any more.

        `ref` is the acknowledgement of another system that has counted by that. Returns the
        incident as it is then, durable and published; None when no such one is open.
        """
        changed = self._book.acknowledge(incident_id, ack, ref)
        if changed is None:
            return None
        watched = self._watched.get(changed.endpoint)
        standing = watched.standing if watched else Standing(changed.endpoint)
        await self._store.commit(Facts(standing, (), (changed,)))
        if watched is not None and self._book.is_current(changed):
            self._sink.publish(News(watched.endpoint, watched.standing, incidents=(changed,)))
        return changed
