"""Ten thousand alerts at once take no turn of the event loop from the probes."""

import asyncio

from alerts.courier import AT_A_TIME
from alerts.leaving import MOST_IN_FLIGHT
from tests.alerts.kit import DOWN, FakeChannel, House, alert, resolved

MANY = 10_000
STORM = [alert(f"A{n}", key=f"key-{n}", channels=("ops", "mail")) for n in range(MANY)]


async def turns_during(work: asyncio.Task[None]) -> int:
    """Count the turns that somebody else has until some work is done."""
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    await work
    return turns


async def test_what_is_under_way_is_bounded_however_much_is_owed() -> None:
    ops, mail = FakeChannel("ops"), FakeChannel("mail")
    ops.hangs = mail.hangs = asyncio.Event()
    house = House(ops, mail)
    await house.reconciler.start()
    before = len(asyncio.all_tasks())
    for one in STORM:
        house.reconciler.stands(one)
    assert len(asyncio.all_tasks()) == before, "to say how things stand starts nothing"
    house.reconciler.ready()
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before + 2 * MOST_IN_FLIGHT
    assert (len(ops.got), len(mail.got)) == (MOST_IN_FLIGHT, MOST_IN_FLIGHT)
    await house.reconciler.stop(0.0)


async def test_a_dead_channel_costs_one_attempt_however_much_is_owed() -> None:
    house = House(ops := FakeChannel("ops", DOWN))
    await house.begin(*STORM)
    assert len(ops.got) < 2 * MOST_IN_FLIGHT
    ops.got = []
    await house.wait(300)
    assert len(ops.got) < 20, "one message at a time asks whether it works again"


async def test_the_beat_gives_turns_away() -> None:
    house = House(FakeChannel("ops", DOWN))
    await house.begin(*STORM)
    turns = await turns_during(asyncio.create_task(house.reconciler._look()))
    assert turns >= MANY // AT_A_TIME


async def test_what_has_passed_before_a_channel_is_back_is_no_flood() -> None:
    house = House(ops := FakeChannel("ops", DOWN))
    await house.begin(*STORM)
    ops.got = []
    await house.say(*(resolved(one) for one in STORM[1:]))
    ops.answer = FakeChannel("").answer
    await house.wait(600)
    assert {one.alert.id for one in ops.got} == {"A0"}
