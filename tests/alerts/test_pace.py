"""A channel whose system takes so many messages in a second is told no faster, whatever happens."""

from itertools import pairwise

from alerts.attempt import Attempt
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.slack import PACE
from alerts.message import Notification
from alerts.pace import BURST, Pace
from tests.alerts.kit import DOWN, FakeChannel, House, alert, throttled
from tests.clock import FakeClock


def test_a_burst_is_free_and_then_they_come_evenly() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    for _ in range(BURST):
        assert pace.left() == 0.0
        pace.take(2.0)
    assert pace.left() == 2.0
    clock.advance(2.0)
    assert pace.left() == 0.0
    pace.take(2.0)
    assert pace.left() == 2.0
    clock.advance(60.0)
    assert pace.left() == 0.0, "what was not used is not saved up"
    for _ in range(BURST):
        pace.take(2.0)
    assert pace.left() == 2.0


def test_without_a_limit_nothing_waits() -> None:
    pace = Pace(FakeClock())
    for _ in range(1000):
        pace.take(0.0)
    assert pace.left() == 0.0


class Slow(FakeChannel):
    lifecycle = Lifecycle(pace=PACE)

    def __init__(self, house: list[House], answer: Attempt | None = None) -> None:
        super().__init__("ops")
        self.at: list[float] = []
        self._house = house
        self.answers = [answer] if answer else []

    async def send(self, notification: Notification) -> Attempt:
        self.at.append(self._house[0].clock.monotonic())
        return await super().send(notification)


async def storm(first: Attempt | None, seconds: float) -> Slow:
    houses: list[House] = []
    channel = Slow(houses, first)
    other = FakeChannel("rest")
    houses.append(house := House(channel, other))
    alerts = [alert(f"I{n}", key=f"k{n}", channels=("ops", "rest")) for n in range(40)]
    await house.begin(*alerts)
    assert len(other.got) == 40, "nobody else waits"
    await house.wait(seconds)
    assert house.reconciler.numbers().untold == 0
    return channel


async def test_a_storm_is_told_one_by_one() -> None:
    channel = await storm(None, 45)
    assert len(channel.at) == 40
    late = channel.at[BURST:]
    assert all(after - before >= PACE for before, after in pairwise(late))


async def test_one_that_had_to_wait_is_told_no_faster_afterwards() -> None:
    for trouble in (throttled(30.0), DOWN):
        channel = await storm(trouble, 120)
        seconds = [int(at) for at in channel.at]
        assert max(map(seconds.count, seconds)) <= BURST + 1
