"""Asking who has taken what: how often, about what, and how rarely when it does not work."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from alerts.alert import Alert
from alerts.attempt import TOLD, Attempt
from alerts.hearing import EVERY, MOST, Hearing
from alerts.taken import Asked, Heard, Taken
from tests.alerts.kit import DENIED, DOWN, FakeChannel, House, alert, resolved, throttled, worst

ADA = Taken("Ada", "1")


class Ear(FakeChannel):
    """A channel that can be asked; `trouble` is what comes of it."""

    hears = True

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.asked: list[list[str]] = []
        self.has: dict[str, Taken | None] = {}
        self.trouble = TOLD
        self.deaf = False

    async def taken(self, asked: Sequence[Asked]) -> Heard:
        self.asked.append([one.incident_id for one in asked])
        if self.deaf:
            raise TimeoutError
        return Heard(self.has, self.trouble)


@dataclass
class Said:
    """A hearing, and what it has heard."""

    house: House
    hearing: Hearing = field(init=False)
    heard: list[tuple[str, str, Taken | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hearing = Hearing(
            lambda: self.house.channels,
            self.house.journal,
            self.house.clock,
            worst,
            concerns=lambda incident: incident != "stranger",
            say=self._say,
        )

    async def _say(self, channel: str, incident: str, taken: Taken | None) -> None:
        self.heard.append((channel, incident, taken))

    async def after(self, seconds: float) -> None:
        self.house.clock.advance(seconds)
        await self.hearing.look()


async def told(ear: Ear, *alerts: Alert) -> Said:
    house = House(ear, FakeChannel("ops"))
    await house.begin(*alerts)
    return Said(house)


def one(incident: str = "A", key: str = "chat") -> Alert:
    return alert(incident, key=key, channels=("pager", "ops"))


async def test_what_stands_there_is_asked_about_once_a_minute() -> None:
    ear = Ear("pager")
    said = await told(ear, one(), one("stranger", "voice"))
    ear.has = {"A": ADA}
    await said.after(0)
    await said.after(EVERY / 2)
    assert ear.asked == [["A"]]
    await said.after(EVERY / 2)
    assert ear.asked == [["A"], ["A"]]
    assert said.heard == [("pager", "A", ADA)] * 2
    await said.house.say(resolved(one()))
    await said.after(EVERY)
    assert len(ear.asked) == 2, "what is over interests nobody"


async def test_nobody_is_asked_about_what_nobody_was_told_of() -> None:
    ear = Ear("pager")
    ear.answer = DOWN
    said = await told(ear, one())
    await said.after(0)
    ear.hears = False
    ear.answer = TOLD
    await said.house.wait(60)
    await said.after(EVERY)
    assert ear.asked == []


async def test_of_many_all_have_their_turn() -> None:
    ear = Ear("pager")
    ids = [f"I{n:03}" for n in range(2 * MOST + 5)]
    said = await told(ear, *(one(incident, incident.lower()) for incident in ids))
    for _ in range(3):
        await said.after(EVERY)
    assert all(len(asked) == MOST for asked in ear.asked)
    assert {incident for asked in ear.asked for incident in asked} == set(ids)


@pytest.mark.parametrize(
    ("trouble", "least"), [(throttled(600.0), 660.0), (DENIED, 360.0), (DOWN, EVERY + 2.0)]
)
async def test_one_that_is_in_trouble_is_asked_later_and_ever_more_rarely(
    trouble: Attempt, least: float
) -> None:
    ear = Ear("pager")
    said = await told(ear, one())
    ear.trouble = trouble
    await said.after(0)
    await said.after(least - 1)
    assert len(ear.asked) == 1
    asked = 1
    for _ in range(24):
        await said.after(EVERY)
    asked = len(ear.asked)
    assert asked <= 12
    ear.trouble = TOLD
    await said.after(3 * 660)
    await said.after(EVERY)
    assert len(ear.asked) == asked + 2, "then as often as before"


async def test_one_that_gives_no_answer_is_trouble_too_and_delays_no_alert() -> None:
    ear = Ear("pager")
    said = await told(ear, one())
    ear.deaf = True
    await asyncio.gather(said.after(0), said.house.say(one("B", "voice")))
    assert said.heard == []
    await said.after(EVERY)
    assert len(ear.asked) == 1
    assert "first B.1" in ear.ids
