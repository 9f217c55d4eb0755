"""The book of silences: what people said, kept, and what begins and ends at this moment."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from monitor.core.event import Event, Kind
from monitor.core.incident import Incident
from monitor.core.labels import labels_of
from monitor.core.silence import Silence, SilenceState, expired
from monitor.ports import Clock, Timeline

log = logging.getLogger("omilia_monitor.silences")

MOST = 500
"""Silences that are pending or active: each is held against each open incident, every second."""
MOST_OVER = 1000
BACK = timedelta(days=7)
"""Silences that ended so long ago are still known, `MOST_OVER` of them: an alert that comes late
says what it began in."""
_MOST_LABELS = 10_000
_ORDER = {SilenceState.ACTIVE: 0, SilenceState.PENDING: 1, SilenceState.EXPIRED: 2}


class Silences:
    """Fits `monitor.web.context.Silences`.

    `keep` makes a silence durable, `held` looks at the alerts that one begins or ceases to hold.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        keep: Callable[[Silence], Awaitable[None]],
        timeline: Timeline,
        held: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._keep = keep
        self._timeline = timeline
        self._held = held
        self._known: dict[str, Silence] = {}
        self._active: dict[str, Silence] = {}
        self._about: dict[tuple[tuple[str, str], ...], list[str]] = {}
        self._count = count(1)

    # ------------------------------------------------------------ what is silenced

    def restore(self, silences: Iterable[Silence]) -> None:
        """Go on with what was kept."""
        for silence in silences:
            known = self._known.get(silence.id)
            if known is None or known.revision < silence.revision:
                self._known[silence.id] = silence
        self._about.clear()
        self.look()

    def known(self) -> Sequence[Silence]:
        """Return all that are known, in no order."""
        return list(self._known.values())

    @property
    def active(self) -> bool:
        """Tell whether one was active at the last look."""
        return bool(self._active)

    def about(self, incident: Incident) -> list[Silence]:
        """Return those whose matchers hold for an incident.

        Which these are is remembered, as it is asked of all that goes on, every second: many
        expressions against many incidents would stand in the way of the probes.
        """
        labels = labels_of(incident)
        key = tuple(labels.items())
        if key not in self._about:
            if len(self._about) >= _MOST_LABELS:
                self._about.clear()
            self._about[key] = [one.id for one in self._known.values() if one.matches(labels)]
        about = [self._known[name] for name in self._about[key] if name in self._known]
        self._about[key] = [one.id for one in about]
        return about

    def look(self) -> None:
        """See to what begins or ends at this moment: alerts that wait, the timeline."""
        now = self._clock.now()
        self._forget(now)
        active = {one.id: one for one in self._known.values() if one.is_active(now)}
        if active.keys() == self._active.keys():
            return
        for name in active.keys() - self._active.keys():
            one = active[name]
            self._note(one, "began", one.starts_at, one.created_by)
        for name in self._active.keys() - active.keys():
            one = self._known.get(name, self._active[name])
            self._note(one, "ended", min(one.ends_at, now), one.expired_by or one.created_by)
        self._active = active
        self._held()

    # ------------------------------------------------------------ what people say

    def silences(self) -> list[Silence]:
        """Return all, first those that are active: by what is next to happen to them."""
        now = self._clock.now()

        def place(one: Silence) -> tuple[int, float, str]:
            state = one.state(now)
            next_ = one.starts_at if state is SilenceState.PENDING else one.ends_at
            way = -1.0 if state is SilenceState.EXPIRED else 1.0
            return _ORDER[state], way * next_.timestamp(), one.id

        return sorted(self._known.values(), key=place)

    async def add(self, silence: Silence) -> Silence | None:
        """Add a silence; it holds when this returns, with the id that it got.

        None when there are too many already.
        """
        now = self._clock.now()
        if sum(now < one.ends_at for one in self._known.values()) >= MOST:
            return None
        named = replace(silence, id=self._new_id(now))
        self._known[named.id] = named
        for labels, about in self._about.items():
            if named.matches(dict(labels)):
                about.append(named.id)
        await self._keep(named)
        log.info("silence.made", extra=_said(named) | {"by": named.created_by})
        self.look()
        return named

    async def expire(self, silence_id: str, by: str) -> Silence | None:
        """End a silence now, or take it back; one that is over stays as it is. None for no such."""
        known = self._known.get(silence_id)
        if known is None:
            return None
        over = self._known[silence_id] = expired(known, self._clock.now(), by)
        if over is not known:
            await self._keep(over)
            log.info("silence.expired", extra=_said(over) | {"by": by})
            self.look()
        return over

    def _new_id(self, now: datetime) -> str:
        while True:
            name = f"{now:%Y%m%dT%H%M%SZ}-{next(self._count)}"
            if name not in self._known:
                return name

    def _forget(self, now: datetime) -> None:
        """Forget those that are long over, and of very many those that ended first."""
        over = [one for one in self._known.values() if one.ends_at <= now]
        if len(over) > MOST_OVER:
            over.sort(key=lambda one: one.ends_at)
        spare = len(over) - MOST_OVER
        for number, one in enumerate(over):
            if number < spare or one.ends_at < now - BACK:
                del self._known[one.id]

    def _note(self, silence: Silence, what: str, at: datetime, by: str) -> None:
        """Note what began and what ended. What was noted before a restart is the same event."""
        text = f"silence {what}: {silence.comment}"
        data = {"silence": silence.id, "by": by, "matchers": ", ".join(map(str, silence.matchers))}
        self._timeline.note(Event(at, Kind.SILENCE, text, None, data))


def _said(silence: Silence) -> dict[str, str]:
    return {
        "silence": silence.id,
        "matchers": ", ".join(map(str, silence.matchers)),
        "ends_at": silence.ends_at.isoformat(),
        "comment": silence.comment,
    }
