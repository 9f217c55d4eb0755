"""Joins, leaves, holds, failures, reloads, crashes: in the end everybody believes what is true."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from alerts.alert import Alert, Severity, Status
from alerts.attempt import TOLD, Attempt
from alerts.grouping import Grouping
from alerts.message import Notification
from alerts.terms import Terms
from monitor.app.loader import loads
from monitor.app.telling.groups import Groups
from tests.alerts.kit import DOWN, LOST, FakeChannel, House, alert, resolved

SETTINGS = loads(
    'endpoints: [{id: a, url: "https://a.example/"}]\n'
    "channels: {ops: {kind: log}, page: {kind: log}}\n"
)
NAMES = ("ops", "page")
KEYS = {"a": "x", "b": "x", "c": "x", "d": "y"}
"""Endpoints, and the group that each is in."""
TERMS = dict.fromkeys(NAMES, Terms(after=10.0, apart=300.0))
SOON, LONG = 1.0, 40_000.0


class Mind(FakeChannel):
    """Believes what it took, and what it may have taken."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.believes: dict[str, Alert] = {}

    async def send(self, notification: Notification) -> Attempt:
        answer = await super().send(notification)
        if answer is not DOWN:
            self.believes[notification.alert.id] = notification.alert
        return answer


class Told(RuleBasedStateMachine):
    """Drives the room as the announcer and the daemon do."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.receivers = [Mind(name) for name in NAMES]
        self.house = House(*self.receivers, uniform=lambda low, high: (low + high) / 2)
        self.open: dict[str, Alert] = {}
        self.closed: dict[str, Alert] = {}
        self.grouping = True
        self.count = 0
        self.groups: Groups
        self.run(self.begin())

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.runner.run(coroutine)

    def teardown(self) -> None:
        self.runner.close()

    async def begin(self) -> None:
        house = self.house
        house.reconciler = house.made()
        await house.reconciler.load()
        clock = house.clock
        self.groups = Groups(house.reconciler.stands, house.journal, clock, lambda: SETTINGS)
        self.groups.take_up()
        self.say(*self.open.values())
        owed = house.reconciler.owed_incident_ids()
        self.say(*(one for name, one in self.closed.items() if name in owed))
        self.groups.begin()
        house.reconciler.ready()

    def say(self, *alerts: Alert) -> None:
        self.groups.stand([self.routed(one) for one in alerts])

    def routed(self, one: Alert) -> tuple[Alert, tuple[Grouping, ...]]:
        if not self.grouping:
            return replace(one, channels=NAMES), ()
        group = KEYS[one.key]
        return one, (Grouping(f"group:1:group={group}", {"group": group}, NAMES, TERMS),)

    # ------------------------------------------------------------ what happens

    @rule(key=st.sampled_from(sorted(KEYS)), held=st.booleans())
    def one_falls(self, key: str, held: bool) -> None:
        if key in {one.key for one in self.open.values()}:
            return
        self.count += 1
        now = self.house.clock.now()
        one = alert(f"{key}-{self.count}", key=key, channels=(), started_at=now)
        self.open[one.id] = replace(one, held="maintenance" if held else "")
        self.say(self.open[one.id])

    @rule(key=st.sampled_from(sorted(KEYS)), severity=st.sampled_from(Severity))
    def one_changes(self, key: str, severity: Severity) -> None:
        for one in [one for one in self.open.values() if one.key == key]:
            self.open[one.id] = replace(one, severity=severity, revision=one.revision + 1)
            self.say(self.open[one.id])

    @rule(key=st.sampled_from(sorted(KEYS)), held=st.sampled_from(["", "maintenance"]))
    def one_is_held_or_released(self, key: str, held: str) -> None:
        for one in [one for one in self.open.values() if one.key == key]:
            self.open[one.id] = replace(one, held=held)
            self.say(self.open[one.id])

    @rule(key=st.sampled_from(sorted(KEYS)))
    def one_ends(self, key: str) -> None:
        for one in [one for one in self.open.values() if one.key == key]:
            del self.open[one.id]
            over = resolved(replace(one, updated_at=self.house.clock.now(), held=""), 0)
            self.closed[one.id] = over
            self.say(over)

    @rule(name=st.sampled_from(NAMES), answer=st.sampled_from([TOLD, DOWN, LOST]))
    def a_receiver_changes_its_mood(self, name: str, answer: Attempt) -> None:
        self.receivers[NAMES.index(name)].answer = answer

    @rule(seconds=st.sampled_from([SOON, 20.0, 400.0, LONG]))
    def time_passes(self, seconds: float) -> None:
        self.run(self.house.wait(seconds))

    @rule()
    def we_crash(self) -> None:
        self.run(self.begin())

    @rule()
    def a_reload_groups_or_no_longer_groups(self) -> None:
        self.grouping = not self.grouping
        self.say(*self.open.values())

    # ------------------------------------------------------------ what is true

    @invariant()
    def one_id_has_one_content(self) -> None:
        seen: dict[str, Any] = {}
        for one in self.everything():
            content = (one.alert.status, one.alert.members)
            assert seen.setdefault(one.id, content) == content, one.id

    def everything(self) -> list[Notification]:
        return [one for receiver in self.receivers for one in receiver.got]

    @invariant()
    def revisions_grow(self) -> None:
        for receiver in self.receivers:
            newest: dict[str, int] = {}
            for one in receiver.got:
                assert one.alert.revision >= newest.get(one.alert.id, 0), one.id
                newest[one.alert.id] = one.alert.revision

    def in_the_end(self) -> None:
        for receiver in self.receivers:
            receiver.answer = TOLD
        for one in list(self.open.values()):
            self.open[one.id] = replace(one, held="")
            self.say(self.open[one.id])
        self.run(self.house.wait(LONG))
        for receiver in self.receivers:
            known = receiver.believes.values()
            firing = [one for one in known if one.status is Status.FIRING]
            believed = []
            for one in firing:
                members = [m.id for m in one.members if m.status is Status.FIRING]
                believed += members if one.members else [one.id]
            assert sorted(believed) == sorted(self.open), receiver.name
            keys = [one.key for one in firing]
            assert len(keys) == len(set(keys)), "a group is told once"

    @rule()
    def all_settles(self) -> None:
        self.in_the_end()


def test_everybody_believes_what_is_true_in_the_end() -> None:
    run_state_machine_as_test(
        Told,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
