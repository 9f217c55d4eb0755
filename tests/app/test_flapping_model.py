"""Whatever goes up and down, and whenever it restarts: a flap is told once, and all hear truth."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.alert import Alert
from alerts.attempt import Attempt, Result
from alerts.entry import Entry, begun, told
from alerts.moment import ms_of
from alerts.policy import Due, Why, news
from alerts.standing import Standing as Stands
from monitor.app.telling.door import to_alert
from monitor.app.telling.holding import hold_of
from monitor.board import Entry as Watched
from monitor.core.breaker import Snapshot
from monitor.core.endpoint import Endpoint
from monitor.core.flapping import Flapping, is_flapping, key_of
from monitor.core.incident import Incident
from monitor.core.incident_book import IncidentBook
from monitor.core.maintenance import Plan
from monitor.core.outcome import Category
from monitor.core.standing import Standing, advance
from monitor.core.together import is_platform
from tests.clock import START
from tests.examples import CLOSED, OPEN, an_endpoint, an_outcome

NAMES = ("a", "b", "c", "d")
ENDPOINTS: Mapping[str, Endpoint] = {name: an_endpoint(name) for name in NAMES}
POLICY = Flapping(opens=3, within=1200.0, digest=600.0)
OPS = "ops"


class Receiver:
    """Somebody who is told at once, and remembers; the journal survives, what stands does not."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.heard = list[tuple[datetime, Why, Alert]]()
        self.stands = Stands()

    def restart(self) -> None:
        self.stands = Stands()

    def believed(self) -> set[str]:
        return {entry.incident_id for entry in self.entries.values() if entry.heard}

    def believes(self, incident: str) -> bool:
        return incident in self.believed()

    def hear(self, now: datetime) -> None:
        keys = {alert.key for alert in self.stands.all()} | set(self.entries)
        for key in sorted(keys):
            while isinstance(due := self._due(key, now), Due):
                self.heard.append((now, due.why, due.alert))
                trying = begun(self.entries.get(key), OPS, due.alert, ms_of(now))
                self.entries[key] = told(trying, due.alert, Attempt(Result.TOLD), ms_of(now))

    def _due(self, key: str, now: datetime) -> object:
        entry = self.entries.get(key)
        about = None if entry is None else self.stands.of(key, entry.incident_id)
        return news(entry, self.stands.newest(key), about, channel=OPS, now=now)


class World(RuleBasedStateMachine):
    """Endpoints of one region, a book, and one receiver. `stored` is what a restart finds."""

    @initialize()
    def begin(self) -> None:
        self.now: datetime = START
        self.stored: dict[str, Incident] = {}
        self.standings = {name: Standing(name) for name in NAMES}
        self.receiver = Receiver()
        self._new_book()
        for name in NAMES:
            self._see(name, Category.OK, CLOSED)

    def _new_book(self) -> None:
        self.book = IncidentBook("default")
        self.book.flaps.policy = POLICY

    # ------------------------------------------------------------ what happens

    def _see(self, name: str, category: Category, breaker: Snapshot) -> None:
        self.now += timedelta(seconds=5)
        outcome = an_outcome(category, endpoint=name, at=self.now)
        self.standings[name] = standing = advance(
            self.standings[name], outcome, breaker, ENDPOINTS[name]
        )
        watched = self._watched().values()
        self._publish(self.book.settle(standing, ENDPOINTS[name], self.now, watched))

    def _watched(self) -> dict[str, Watched]:
        return {name: Watched(ENDPOINTS[name], self.standings[name]) for name in NAMES}

    def _publish(self, changed: tuple[Incident, ...]) -> None:
        assert len({one.id for one in changed}) == len(changed), "each as it is now"
        self.stored.update({one.id: one for one in changed})
        self._announce((*changed, *self.book.open_incidents()))

    def _announce(self, incidents: tuple[Incident, ...]) -> None:
        watched = self._watched().values()
        for incident in incidents:
            awaited = self.book.platforms.awaits(incident, watched, self.now)
            awaited = awaited or self.book.flaps.claims(incident)
            hold = hold_of(incident, (), Plan(), self.now, awaited=awaited)
            alert = to_alert(
                incident, breaker=None, channels=(OPS,), public_url="", now=self.now, hold=hold
            )
            self.receiver.stands.put(alert, self.receiver.believes)
        self.receiver.hear(self.now)

    @rule(name=st.sampled_from(NAMES))
    def falls(self, name: str) -> None:
        self._see(name, Category.SERVER_ERROR, replace(OPEN, trips=1))

    @rule(name=st.sampled_from(NAMES))
    def fails_once(self, name: str) -> None:
        if self.book.of(name) is None:
            self._see(name, Category.SERVER_ERROR, CLOSED)

    @rule(name=st.sampled_from(NAMES))
    def works(self, name: str) -> None:
        self._see(name, Category.OK, CLOSED)

    @rule(name=st.sampled_from(NAMES), times=st.integers(1, 4), pause=st.sampled_from([30, 200]))
    def goes_up_and_down(self, name: str, times: int, pause: float) -> None:
        for _ in range(times):
            self.falls(name)
            self.time_passes(pause)
            self.works(name)
            self.time_passes(pause)

    @rule(names=st.sets(st.sampled_from(NAMES), min_size=3))
    def fall_together(self, names: set[str]) -> None:
        for name in sorted(names):
            self.falls(name)

    @rule()
    def all_work(self) -> None:
        for name in NAMES:
            self.works(name)

    @rule(seconds=st.sampled_from([10.0, 70.0, 150.0, 650.0, 1300.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._publish(self.book.review(self._watched(), self.now))

    @rule(seconds=st.sampled_from([0.0, 300.0]))
    def restarts(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._new_book()
        self.receiver.restart()
        going_on = [one for one in self.stored.values() if one.is_open]
        assert self.book.restore(going_on) == ()
        for name in NAMES:
            self.book.rejoin(self.standings[name], ENDPOINTS[name])
        self.book.flaps.recall(self.stored.values())
        assert self.book.close_abandoned(self.now) == ()
        owed = self.receiver.believed() - {one.id for one in going_on}
        self._announce((*going_on, *(self.stored[one] for one in owed)))

    # ------------------------------------------------------------ what always holds

    @invariant()
    def what_was_stored_is_what_is(self) -> None:
        assert {one.id: one for one in self.stored.values() if one.is_open} == {
            one.id: one for one in self.book.open_incidents()
        }

    @invariant()
    def a_flap_is_told_once_and_then_in_sum(self) -> None:
        counted = Counter((alert.id, why) for _, why, alert in self.receiver.heard)
        for (incident, why), count in counted.items():
            if is_flapping(self.stored[incident].key):
                assert why is not Why.FIRST
                assert count == 1 or why not in (Why.FLAPPING, Why.RESOLVED)
            else:
                assert why not in (Why.FLAPPING, Why.DIGEST)
        for incident in {alert.id for _, _, alert in self.receiver.heard}:
            sums = [
                at for at, why, a in self.receiver.heard if (a.id, why) == (incident, Why.DIGEST)
            ]
            assert all((b - a).total_seconds() >= POLICY.digest for a, b in pairwise(sums))

    @invariant()
    def while_it_flaps_its_outages_are_not_told(self) -> None:
        flaps = [one for one in self.stored.values() if is_flapping(one.key)]
        for at, why, alert in self.receiver.heard:
            for flap in flaps:
                during = flap.opened_at <= at and (flap.closed_at is None or at < flap.closed_at)
                if flap.key == key_of(alert.key) and during:
                    assert why is Why.RESOLVED, "it was told of before"

    @invariant()
    def the_receiver_believes_what_is_true(self) -> None:
        going_on = {one.key: one for one in self.book.open_incidents()}
        for key, entry in self.receiver.entries.items():
            assert not entry.heard or going_on[key].id == entry.incident_id
        for one in going_on.values():
            stands = self.receiver.stands.newest(one.key)
            assert stands is not None
            assert one.id in self.receiver.believed() or stands.held
            assert not one.parent or self.stored[one.parent].is_open

    @invariant()
    def one_outage_too_many_never_stands_alone(self) -> None:
        for key in {one.key for one in self.stored.values()}:
            ones = [one for one in self.stored.values() if one.key == key]
            ends = [
                one.closed_at
                for one in self.stored.values()
                if one.key == key_of(key) and one.closed_at
            ]
            since = max(ends, default=START)
            alone = sorted(
                one.opened_at
                for one in ones
                if not (one.is_open or one.parent or is_flapping(one.key)) and one.opened_at > since
            )
            if key_of(key) in {one.key for one in self.book.open_incidents()}:
                continue
            for first, last in zip(alone, alone[POLICY.opens - 1 :], strict=False):
                assert (last - first).total_seconds() > POLICY.within

    @invariant()
    def it_counts_what_it_names(self) -> None:
        for one in self.stored.values():
            if one.tally is not None:
                children = [self.stored[child] for child in one.children]
                assert one.tally.outages == len(children)
                begins = sorted(child.opened_at for child in children)[: POLICY.opens]
                assert (begins[-1] - begins[0]).total_seconds() <= POLICY.within
                over = [c for c in children if c.closed_at and not self._is_platforms(c)]
                seconds = sum(
                    (c.closed_at - c.opened_at).total_seconds() for c in over if c.closed_at
                )
                assert one.tally.down <= seconds + 1e-6
                taken = len(over) < len(children)
                assert taken or abs(one.tally.down - seconds) < 1e-6

    def _is_platforms(self, incident: Incident) -> bool:
        return bool(incident.parent) and is_platform(self.stored[incident.parent].key)

    def teardown(self) -> None:
        if not hasattr(self, "book"):
            return
        for _ in range(3):
            self.all_work()
        for _ in range(4):
            self.time_passes(1300.0)
        assert self.book.open_incidents() == ()
        assert self.receiver.believed() == set()


TestFlapping = World.TestCase
TestFlapping.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
