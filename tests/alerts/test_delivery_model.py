"""Random outages, failures, crashes, reloads: in the end everybody believes what is true."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alerts.alert import Alert, Severity, Status
from tests.alerts.kit import House, alert
from tests.alerts.minds import KEYS, MOODS, Receiver, Wire, World


class Delivery(RuleBasedStateMachine):
    """Drives a reconciler as the app and the world do."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World()
        self.receivers = {name: Receiver(name, self.world) for name in ("ops", "mail", "page")}
        self.house = House(uniform=lambda low, high: (low + high) / 2)
        self.removed: set[str] = set()
        self.held: set[str] = set()
        self.count = 0
        self.restart()

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.runner.run(coroutine)

    def wires(self) -> list[Wire]:
        return [Wire(one) for one in self.receivers.values() if one.name not in self.removed]

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

    @rule(key=st.sampled_from(sorted(KEYS)), quick=st.booleans())
    def trouble_begins(self, key: str, quick: bool) -> None:
        if key in self.world.open:
            return
        self.count += 1
        now = self.house.clock.now()
        one = alert(f"{key}-{self.count}", key=key, channels=KEYS[key], started_at=now)
        one = replace(one, held="maintenance" if key in self.held else "")
        self.publish(self.world.note(one), quick)

    @rule(
        key=st.sampled_from(sorted(KEYS)), severity=st.sampled_from(Severity), quick=st.booleans()
    )
    def trouble_changes(self, key: str, severity: Severity, quick: bool) -> None:
        if key in self.world.open:
            self.publish(self.world.note(self.next(key, severity=severity)), quick)

    @rule(key=st.sampled_from(sorted(KEYS)), quick=st.booleans())
    def trouble_ends(self, key: str, quick: bool) -> None:
        if key in self.world.open:
            now = self.house.clock.now()
            over = self.next(key, status=Status.RESOLVED, ended_at=now)
            self.publish(self.world.note(over), quick)

    @rule(key=st.sampled_from(sorted(KEYS)), held=st.booleans(), quick=st.booleans())
    def maintenance_begins_or_ends(self, key: str, held: bool, quick: bool) -> None:
        (self.held.add if held else self.held.discard)(key)
        if key in self.world.open:
            now = replace(self.world.open[key], held="maintenance" if held else "")
            self.publish(self.world.note(now), quick)

    def next(self, key: str, **changes: Any) -> Alert:
        one = self.world.open[key]
        now = self.house.clock.now()
        return replace(one, revision=one.revision + 1, updated_at=now, **changes)

    def publish(self, one: Alert, quick: bool) -> None:
        self.house.reconciler.stands(one)
        if quick:
            self.run(self.house.reconciler.round())

    @rule(name=st.sampled_from(["ops", "mail", "page"]), mood=st.sampled_from(sorted(MOODS)))
    def a_receiver_changes_its_mood(self, name: str, mood: str) -> None:
        self.receivers[name].mood = mood

    @rule(seconds=st.sampled_from([1, 20, 400, 90_000]))
    def time_passes(self, seconds: float) -> None:
        self.run(self.house.wait(seconds))

    @rule(seconds=st.sampled_from([-90_000, -60, 60, 3600]))
    def the_wall_clock_is_set(self, seconds: float) -> None:
        self.house.clock.step(seconds)

    # ------------------------------------------------------------ we fail, too

    @rule()
    def the_database_fails(self) -> None:
        self.house.shelf.broken = True

    @rule()
    def the_database_works_again(self) -> None:
        self.house.shelf.broken = False
        self.run(self.house.reconciler.round())

    @precondition(lambda self: not self.house.shelf.broken)
    @rule()
    def a_crash_between_two_sends(self) -> None:
        self.run(self.house.journal.durable())
        self.restart()

    @precondition(lambda self: not self.house.shelf.broken)
    @rule()
    def a_crash_in_the_middle_of_sends(self) -> None:
        async def crash() -> None:
            await self.house.journal.durable()
            task = asyncio.create_task(self.house.reconciler.round())
            for _ in range(50):
                await asyncio.sleep(0)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for other in others:
                other.cancel()
            await asyncio.gather(task, *others, return_exceptions=True)

        self.each_receiver(hangs=True)
        self.run(crash())
        self.each_receiver(hangs=False)
        self.restart()

    def each_receiver(self, *, hangs: bool) -> None:
        for receiver in self.receivers.values():
            receiver.hangs = hangs

    @rule(name=st.sampled_from(["ops", "mail", "page", "nobody"]))
    def a_reload_with_one_channel_less(self, name: str) -> None:
        self.removed = {name}
        self.run(self.house.reconciler.adopt(self.wires()))

    # ------------------------------------------------------------ what must be true

    @invariant()
    def every_promise_is_kept(self) -> None:
        assert self.world.broken == []

    @invariant()
    def nothing_is_kept_that_nobody_needs(self) -> None:
        standing = self.house.reconciler._standing
        assert len(standing.all()) <= len(KEYS) + len(self.receivers)
        assert sum(map(len, standing._keys.values())) < 5 * len(self.receivers) + len(KEYS)

    def teardown(self) -> None:
        """Let everything be well again, and look what everybody believes."""
        try:
            self.look_at_the_end()
        finally:
            self.run(self.house.reconciler.stop(1.0))
            self.runner.close()

    def look_at_the_end(self) -> None:
        self.the_database_works_again()
        for receiver in self.receivers.values():
            receiver.mood = "well"
        self.a_reload_with_one_channel_less("nobody")
        for key in KEYS:
            self.maintenance_begins_or_ends(key, held=False, quick=False)
        for key in KEYS:  # whether a channel works is only known when there is something to tell
            self.trouble_begins(key, quick=False)
        self.run(self.house.wait(7200))
        self.every_promise_is_kept()
        for receiver in self.receivers.values():
            true = {k: one for k, one in self.world.open.items() if receiver.name in KEYS[k]}
            believed = {k: one for k, one in receiver.believes.items() if k in KEYS}
            assert believed == true
            assert receiver.believes == believed, "alerts about channels have ended, too"
            lines = [one for one in self.house.shelf.told if one.channel == receiver.name]
            recorded = {f"{one.incident_id}.{one.revision}" for one in lines}
            assert receiver.told <= recorded, "whatever was told is on record"
        assert self.house.reconciler.numbers().untold == 0
        assert self.house.journal.backlog == 0


def test_in_the_end_everybody_believes_what_is_true() -> None:
    run_state_machine_as_test(
        Delivery,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
