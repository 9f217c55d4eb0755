"""Random outages, failures, crashes, reloads: in the end everybody believes what is true."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alerts.alert import Alert, Flap, Severity, Status
from alerts.channel_state import Condition
from alerts.self_alert import PREFIX, key_of
from tests.alerts.kit import House, SlowShelf, alert
from tests.alerts.listener import MOODS, Listener, Wire
from tests.alerts.promises import RANKS
from tests.alerts.truth import KEYS, NAMES, PLANS, World

LONG = 1200.0  # seconds in which all that can be told is told: longer than any wait
key = st.sampled_from(KEYS)
something_goes_on = precondition(lambda self: self.world.open)
now_or_later = st.booleans()
severity = st.sampled_from(RANKS)
mood = st.sampled_from([*MOODS, "well", "lost on the way back", "lost on the way back"])


class Delivery(RuleBasedStateMachine):
    """Drives a reconciler as the app and the world do."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.house = House(uniform=lambda low, high: (low + high) / 2)
        self.house.shelf = SlowShelf()
        self.world = World(self.house.clock)
        self.listeners: dict[str, Listener] = {}
        self.listeners |= {name: Listener(name, self.world, self.listeners) for name in NAMES}
        self.removed: set[str] = set()
        self.routes = {name: tuple(plan.terms) for name, plan in PLANS.items()}
        self.count = 0
        self.restart()

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.runner.run(coroutine)
        for listener in self.listeners.values():
            listener.rest(written=not self.house.journal.backlog)

    def wires(self) -> list[Wire]:
        return [Wire(one) for one in self.listeners.values() if one.name not in self.removed]

    def restart(self) -> None:
        """Begin anew, as the app does: say what is open, then what somebody still believes in."""

        async def begin() -> None:
            house = self.house
            house.channels = self.wires()  # type: ignore[assignment]
            house.reconciler = house.made()
            await house.reconciler.load()
            for one in self.world.open.values():
                house.reconciler.stands(one)
            for incident in sorted(house.reconciler.owed_incident_ids()):
                house.reconciler.stands(self.world.revisions[incident][-1])
            house.reconciler.ready()

        self.run(begin())

    # ------------------------------------------------------------ the world goes on

    @initialize(keys=st.sets(key), minutes=st.sampled_from([0, 10]), moods=st.lists(mood))
    def some_trouble_is_known(self, keys: set[str], minutes: int, moods: list[str]) -> None:
        for name, one in zip(NAMES, moods, strict=False):
            self.listeners[name].be(one)
        for one in sorted(keys):
            self.trouble_begins(one, Severity.ERROR, at_once=True)
            self.somebody_takes_it_or_gives_it_back(one, minutes, at_once=True)

    @rule(key=key, how_bad=severity, at_once=now_or_later)
    def trouble_begins_or_changes(self, key: str, how_bad: Severity, at_once: bool) -> None:
        change = self.trouble_changes if key in self.world.open else self.trouble_begins
        change(key, how_bad, at_once)

    def trouble_begins(self, key: str, how_bad: Severity, at_once: bool) -> None:
        self.count += 1
        now, plan = self.house.clock.now(), PLANS[key]
        one = alert(
            f"{key}-{self.count}",
            key=key,
            channels=self.routes[key],
            severity=how_bad,
            started_at=now,
        )
        self.publish(
            replace(
                one,
                terms=plan.terms,
                digest=plan.digest,
                flap=plan.flap,
                held="maintenance" if key in self.world.held else "",
            ),
            at_once,
        )

    def trouble_changes(self, key: str, how_bad: Severity, at_once: bool) -> None:
        worse = RANKS.index(how_bad) > RANKS.index(self.world.open[key].severity)
        more = {"acked_by": "", "acked_until": None} if worse else {}
        changed = self.next(key, severity=how_bad, flap=PLANS[key].flap, **more)
        self.publish(changed, at_once)

    @something_goes_on
    @rule(key=key, at_once=now_or_later)
    def what_flaps_is_summed_up(self, key: str, at_once: bool) -> None:
        if key in self.world.open and PLANS[key].flap:
            self.publish(self.next(key, flap=Flap.DIGEST), at_once)

    @something_goes_on
    @rule(key=key, at_once=now_or_later)
    def trouble_ends(self, key: str, at_once: bool) -> None:
        if key in self.world.open:
            now = self.house.clock.now()
            over = self.next(key, status=Status.RESOLVED, ended_at=now, held="", released_at=None)
            self.publish(over, at_once)

    @rule(key=key, times=st.integers(1, 3), at_once=now_or_later)
    def it_flaps(self, key: str, times: int, at_once: bool) -> None:
        for _ in range(times):
            self.trouble_ends(key, at_once)
            self.trouble_begins(key, Severity.ERROR, at_once)

    @rule(key=key, held=st.booleans(), at_once=now_or_later)
    def somebody_works_on_it(self, key: str, held: bool, at_once: bool) -> None:
        (self.world.held.add if held else self.world.held.discard)(key)
        one = self.world.open.get(key)
        if one is not None and bool(one.held) is not held:
            released = None if held else self.house.clock.now()
            hold = "maintenance" if held else ""
            self.publish(replace(one, held=hold, released_at=released), at_once)

    @something_goes_on
    @rule(key=key, minutes=st.sampled_from([0, 10, 120]), at_once=now_or_later)
    def somebody_takes_it_or_gives_it_back(self, key: str, minutes: int, at_once: bool) -> None:
        if key in self.world.open:
            until = self.house.clock.now() + timedelta(minutes=minutes) if minutes else None
            by = "ada" if minutes else ""
            self.publish(self.next(key, acked_by=by, acked_until=until), at_once)

    def next(self, key: str, **changes: Any) -> Alert:
        one = self.world.open[key]
        now = self.house.clock.now()
        return replace(one, revision=one.revision + 1, updated_at=now, **changes)

    def publish(self, one: Alert, at_once: bool) -> None:
        self.house.reconciler.stands(self.world.note(one))
        if at_once:
            self.run(self.house.reconciler.round())

    @rule(name=st.sampled_from(NAMES), mood=mood)
    def a_listener_changes_its_mood(self, name: str, mood: str) -> None:
        self.listeners[name].be(mood)

    @rule(seconds=st.sampled_from([1, 20, 70, 400, LONG]))
    def time_passes(self, seconds: float) -> None:
        self.run(self.house.wait(seconds))
        if seconds == LONG:
            self.look_at_those_who_were_well()

    @rule()
    def the_machine_sleeps_for_a_day(self) -> None:
        self.house.clock.advance(86_400)
        self.time_passes(LONG)

    @rule(seconds=st.sampled_from([-90_000, -60, 60, 3600]))
    def the_wall_clock_is_set(self, seconds: float) -> None:
        self.house.clock.step(seconds)
        for listener in self.listeners.values():
            listener.forgive()

    # ------------------------------------------------------------ we fail, too

    @rule()
    def the_database_fails(self) -> None:
        self.house.shelf.broken = True

    @rule()
    def the_database_works_again(self) -> None:
        self.house.shelf.broken = False
        self.run(self.house.reconciler.round())

    @precondition(lambda self: not self.house.shelf.broken)
    @rule(steps=st.integers(0, 30))
    def a_crash(self, steps: int) -> None:
        """It may come between any two steps: before, in and after a send, or a writing down."""

        async def crash() -> None:
            asyncio.create_task(self.house.reconciler.round())  # noqa: RUF006  it is found below
            for _ in range(steps):
                await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        self.run(self.house.journal.durable())
        self.runner.run(crash())
        for name, listener in self.listeners.items():
            rows = (row for row in self.house.shelf.entries.values() if row.channel == name)
            listener.crash([row.incident_id for row in rows if row.trying_revision is not None])
        self.restart()

    @rule(gone=st.sampled_from([*NAMES, "nobody"]), at_once=now_or_later)
    def a_reload_with_other_channels(self, gone: str, at_once: bool) -> None:
        self.removed = {gone}
        self.run(self.house.reconciler.adopt(self.wires()))
        if at_once:
            self.run(self.house.reconciler.round())

    @rule(key=key, without=st.integers(0, 3), at_once=now_or_later)
    def a_reload_with_other_routes(self, key: str, without: int, at_once: bool) -> None:
        self.routes[key] = tuple(n for i, n in enumerate(PLANS[key].terms) if i != without)
        if key in self.world.open:
            one = self.world.open[key]
            self.publish(replace(one, channels=self.routes[key]), at_once)

    # ------------------------------------------------------------ what must be true

    @invariant()
    def every_promise_is_kept(self) -> None:
        assert not self.world.broken, self.world.broken[0]

    @invariant()
    def nothing_is_kept_that_nobody_needs(self) -> None:
        standing = self.house.reconciler._standing
        assert len(standing.all()) <= len(KEYS) + len(NAMES)
        assert sum(map(len, standing._keys.values())) < 5 * len(NAMES) + len(KEYS)

    def look_at_those_who_were_well(self) -> None:
        """Whoever could be told for long enough believes what is true."""
        conditions = self.house.reconciler.numbers().channels
        for name, listener in self.listeners.items():
            if name not in conditions or not listener.has_been_well(LONG):
                continue
            if conditions[name] is Condition.DISABLED:
                continue
            assert list(listener.errors()) == []
            for other, condition in conditions.items():
                broken = condition in (Condition.MISCONFIGURED, Condition.DISABLED)
                about = self.house.reconciler._standing.newest(key_of(other))
                if broken and other != name and about and about.id not in listener.ledger.unwanted:
                    assert about.key in listener.believes, f"{name} has not heard of {other}"

    def teardown(self) -> None:
        """Let everything be well again, and look what everybody believes."""
        try:
            self.look_at_the_end()
        finally:
            self.run(self.house.reconciler.stop(1.0))
            self.runner.close()

    def look_at_the_end(self) -> None:
        self.the_database_works_again()
        for listener in self.listeners.values():
            listener.be("well")
        self.a_reload_with_other_channels("nobody", at_once=True)
        for key in KEYS:
            self.a_reload_with_other_routes(key, len(NAMES), at_once=False)
            self.somebody_works_on_it(key, held=False, at_once=False)
            # whether a channel works is only known when there is something to tell
            if key not in self.world.open:
                self.trouble_begins(key, Severity.ERROR, at_once=False)
            self.somebody_takes_it_or_gives_it_back(key, 0, at_once=False)
        self.run(self.house.wait(2 * LONG))
        self.every_promise_is_kept()
        for listener in self.listeners.values():
            assert list(listener.errors()) == []
            about_channels = [key for key in listener.believes if key.startswith(PREFIX)]
            assert about_channels == [], "alerts about channels have ended, too"
            self.is_on_record(listener)
        assert self.house.reconciler.numbers().untold == 0
        assert self.house.journal.backlog == 0

    def is_on_record(self, listener: Listener) -> None:
        on_record = {key[1:] for key in self.house.shelf.told if key.channel == listener.name}
        for incident, last in listener.ledger.last.items():
            assert (incident, last.alert.revision) in on_record


def test_in_the_end_everybody_believes_what_is_true(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "omilia_monitor.alerts")
    run_state_machine_as_test(Delivery, settings=settings(max_examples=300, stateful_step_count=30))
