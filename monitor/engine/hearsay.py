"""What others report of real traffic, and what it moves. Nobody who has no reports pays for it."""

from collections.abc import Iterable

from monitor.core import needs
from monitor.core.breaker import Move, Moved, State
from monitor.core.disagreement import Disagreement, begins, goes_on, key_of, trouble_of
from monitor.core.grounds import Grounds, Rule
from monitor.core.instant import Instant
from monitor.core.outcome import Category, Effect
from monitor.core.reports import Report, judged
from monitor.core.standing import shadowed, tripped
from monitor.core.traffic import FRESH, Says, Word, suspects, trips, weighed
from monitor.engine.orders import Orders
from monitor.engine.watched import Heard, Watched
from monitor.ports import Facts, Permit, read

_RENEWS = (Move.TRIP, Move.RESET)


class Hearsay(Orders):
    """Weighs reports beside the probes."""

    async def reported(self, token: str, reporter: str, reports: Iterable[Report]) -> None:
        """Hear what the reporter of a token says; a move that follows is durable then."""
        now = read(self._clock)
        heard: dict[str, Watched] = {}
        for report in reports:
            watched = self._watched.get(report.endpoint)
            if watched is None:
                continue
            endpoint = watched.endpoint
            watched.heard = watched.heard or Heard(turned_at=now.wall)
            said = judged(report, endpoint, now.wall)
            watched.heard.traffic.hear(token, reporter, said, endpoint.traffic, now)
            heard[report.endpoint] = watched
        for watched in heard.values():
            await self._weigh(watched, now)

    def word(self, endpoint_id: str) -> tuple[Word, Disagreement | None] | None:
        """Return what traffic said last; None when nobody reports any."""
        watched = self._watched.get(endpoint_id)
        heard = None if watched is None else watched.heard
        return None if heard is None else (heard.traffic.word, heard.disagreement)

    async def look_at_traffic(self) -> None:
        """See where probes and traffic disagree: to be called every second."""
        now = read(self._clock)
        for incident in self._book.open_incidents():
            if incident.notice and incident.key == key_of(incident.endpoint):
                await self._go_on_with(incident.endpoint, now)
        for watched in list(self._watched.values()):
            if watched.heard is not None:
                await self._compare(watched, watched.heard, now)

    # ------------------------------------------------------------ what it moves

    async def _weigh(self, watched: Watched, now: Instant) -> None:
        """Open the breaker, or have a probe look at once."""
        moves = self._heed(watched, (), now)
        endpoint = watched.endpoint
        if moves:
            snapshot = watched.gate.snapshot(now)
            standing = shadowed(tripped(watched.standing, snapshot, now.wall), endpoint, now.wall)
            watched.standing = standing
            incidents = self._book.settle(standing, endpoint, now.wall, self._watched.values())
            watched.settled += incidents
            await self._store.commit(Facts(standing, moves, incidents))
            self._publish(watched, None, moves)
            self._hasten(endpoint, snapshot.retry_after or 0.0)
            return
        heard, last = watched.heard, watched.standing.last
        spare = min(endpoint.every, max(endpoint.policy.confirm_after, endpoint.every / 4))
        if heard is None or last is None or now.mono - heard.asked_at < spare:
            return
        if last.effect is Effect.SUCCESS and suspects(heard.traffic.word, endpoint.traffic):
            heard.asked_at = now.mono
            self._hasten(endpoint, 0.0)

    def _heed(self, watched: Watched, moves: tuple[Moved, ...], now: Instant) -> tuple[Moved, ...]:
        """Return the move that failing traffic causes beside the probes, after these moves."""
        heard, endpoint, last = watched.heard, watched.endpoint, watched.standing.last
        if heard is None:
            return ()
        if any(one.move in _RENEWS for one in moves):
            heard.renew(now)
            return ()
        policy, breaker = endpoint.traffic, watched.gate.snapshot(now)
        word = heard.traffic.look(policy, now.mono)
        fail_max = endpoint.policy.fail_max
        if breaker.state is not State.CLOSED or last is None or last.category is Category.BLOCKED:
            return ()
        if not trips(word, breaker.failures, fail_max, policy):
            return ()
        if needs.blocker(endpoint, self._watched) is not None:
            return ()
        share = weighed(word, breaker.failures, fail_max, policy)
        detail = f"{share:.0f} % weighed with {breaker.failures} of {fail_max} failed probes"
        grounds = _grounds(Rule.TRAFFIC, word, policy.over)
        opened = watched.gate.open(grounds, word.samples, detail, now)
        heard.renew(now)
        return opened

    def _overrule(self, watched: Watched, permit: Permit, now: Instant) -> tuple[Moved, ...]:
        """Return the move by which failing traffic overrules the trial that would close it.

        Not for longer than the longest open time: who reports may be wrong for ever.
        """
        heard, policy = watched.heard, watched.endpoint.traffic
        breaker = watched.gate.snapshot(now)
        if heard is None or not policy.veto or breaker.state is not State.HALF_OPEN:
            return ()
        closes = breaker.successes + 1 >= watched.endpoint.policy.success_threshold
        if not closes or permit.epoch != breaker.epoch:
            return ()
        word = heard.traffic.listen(policy, now.mono, FRESH)
        first = now.mono if heard.vetoed_at is None else heard.vetoed_at
        if word.says is not Says.FAILING or now.mono - first >= watched.endpoint.policy.max_open:
            return ()
        heard.vetoed_at = first
        grounds = _grounds(Rule.VETO, word, policy.over)
        return watched.gate.open(grounds, word.samples, "", now)

    # ------------------------------------------------------------ disagreement

    async def _compare(self, watched: Watched, heard: Heard, now: Instant) -> None:
        """Begin, go on with, or end a disagreement."""
        endpoint, standing = watched.endpoint, watched.standing
        heard.traffic.tidy(endpoint.traffic, now.mono)
        word = heard.traffic.look(endpoint.traffic, now.mono)
        if word.says is not heard.says:
            heard.says, heard.turned_at = word.says, now.wall
        known = heard.disagreement
        if known is None:
            kind = begins(word, standing, heard.turned_at)
            if kind is not None:
                heard.disagreement = kind
                trouble = trouble_of(kind, word, standing, endpoint)
                await self.notice(trouble.key, trouble, endpoint.id)
            elif heard.traffic.is_silent:
                watched.heard = None
        elif not goes_on(known, word, standing, endpoint.traffic):
            silent = word.says is Says.TOO_LITTLE
            if silent and now.mono < heard.patient_until:
                return
            heard.disagreement = None
            because = "too little is reported" if silent else "probes and traffic agree"
            await self.notice(key_of(endpoint.id), None, endpoint.id, because)

    async def _go_on_with(self, name: str, now: Instant) -> None:
        """Take up a disagreement that began before a restart: its reports are forgotten."""
        watched, other = self._watched.get(name), next(iter(self._watched), None)
        if watched is None and other is not None:
            await self.notice(key_of(name), None, other, "no longer watched")
        if watched is None or (watched.heard is not None and watched.heard.disagreement):
            return
        heard = watched.heard = watched.heard or Heard(turned_at=now.wall)
        closed = watched.standing.breaker.state is State.CLOSED
        heard.disagreement = Disagreement.TRAFFIC_FAILS if closed else Disagreement.PROBES_FAIL
        heard.patient_until = now.mono + watched.endpoint.traffic.within


def _grounds(rule: Rule, word: Word, over: float) -> Grounds:
    return Grounds(rule, word.failed, word.calls, over, word.within, word.names)
