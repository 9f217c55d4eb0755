"""The lookout: witnesses are asked once for all, and nobody waits for them who need not."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.breaker import State
from monitor.core.exchange import Fault, NoReply, Reply
from monitor.core.health import Health
from monitor.core.incident import Severity, Trouble
from monitor.core.outcome import Category, Effect, Expectation
from monitor.core.sight import Heard
from monitor.engine.lookout import AGAIN, FRESH, Lookout
from tests.clock import START, FakeClock
from tests.core.engine_world import BAD, ENOUGH, OK, World
from tests.examples import an_endpoint, an_outcome

GONE = NoReply(Fault.CONNECT, "no route to host")


class Asked:
    """Fits `monitor.engine.lookout.Witnesses`. Three who answer or not, as they are told."""

    quorum = 2
    every = 60.0

    def __init__(self, answer: int = 3) -> None:
        self.answer = answer
        self.rounds = 0
        self.begun = asyncio.Event()
        self.held: asyncio.Event | None = None

    async def ask(self) -> Sequence[Heard]:
        self.rounds += 1
        self.begun.set()
        if self.held is not None:
            await self.held.wait()
        return [Heard(f"w{n}", saw=n < self.answer) for n in range(3)]


def a_lookout(answer: int = 3) -> tuple[Lookout, Asked, FakeClock]:
    clock, witnesses = FakeClock(), Asked(answer)
    lookout = Lookout(clock)
    lookout.witnesses = witnesses
    return lookout, witnesses, clock


SILENT = replace(an_outcome(Category.UNREACHABLE), fault=Fault.CONNECT)


async def test_many_that_fail_at_once_have_them_asked_once() -> None:
    lookout, witnesses, clock = a_lookout(0)
    witnesses.held = asyncio.Event()
    weighing = [
        asyncio.create_task(lookout.weigh(SILENT, an_endpoint(), clock.read())) for _ in range(50)
    ]
    await asyncio.wait_for(witnesses.begun.wait(), ENOUGH)
    witnesses.held.set()
    outcomes = await asyncio.wait_for(asyncio.gather(*weighing), ENOUGH)
    assert witnesses.rounds == 1
    assert {outcome.effect for outcome in outcomes} == {Effect.NEUTRAL}
    assert lookout.missed == 50


async def test_one_that_is_cancelled_ends_the_round_for_nobody_else() -> None:
    lookout, witnesses, clock = a_lookout()
    witnesses.held = asyncio.Event()
    first = asyncio.create_task(lookout.weigh(SILENT, an_endpoint(), clock.read()))
    second = asyncio.create_task(lookout.weigh(SILENT, an_endpoint(), clock.read()))
    await asyncio.wait_for(witnesses.begun.wait(), ENOUGH)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    witnesses.held.set()
    assert (await asyncio.wait_for(second, ENOUGH)).effect is Effect.FAILURE


async def test_a_round_is_believed_for_a_moment_and_a_bad_one_until_it_is_repeated() -> None:
    lookout, witnesses, clock = a_lookout()
    for after, rounds in ((0.0, 1), (FRESH - 0.1, 1), (0.2, 2)):
        clock.advance(after)
        await lookout.weigh(SILENT, an_endpoint(), clock.read())
        assert witnesses.rounds == rounds
    witnesses.answer = 0
    for after, rounds in ((FRESH, 3), (AGAIN - 0.1, 3), (0.2, 4)):
        clock.advance(after)
        await lookout.weigh(SILENT, an_endpoint(), clock.read())
        assert witnesses.rounds == rounds


async def test_what_is_answered_asks_nobody() -> None:
    lookout, witnesses, clock = a_lookout(0)
    for category in (Category.SERVER_ERROR, Category.SLOW, Category.CREDENTIAL):
        outcome = an_outcome(category)
        assert await lookout.weigh(outcome, an_endpoint(), clock.read()) is outcome
    assert witnesses.rounds == 0


async def test_the_beat_is_slow_while_all_is_well_and_quick_while_it_is_not() -> None:
    lookout, witnesses, clock = a_lookout()
    for after, rounds in ((0.0, 1), (59.0, 1), (1.0, 2)):
        clock.advance(after)
        await lookout.beat()
        assert witnesses.rounds == rounds
    witnesses.answer = 0
    clock.advance(60)
    for after, offline in ((0.0, False), (AGAIN, True)):
        clock.advance(after)
        await lookout.beat()
        assert lookout.sight.offline is offline
    witnesses.answer = 3
    for after, offline in ((AGAIN, True), (AGAIN, False)):
        clock.advance(after)
        await lookout.beat()
        assert lookout.sight.offline is offline


async def test_without_witnesses_silence_is_what_it_was_and_blindness_ends() -> None:
    lookout = Lookout(FakeClock())
    lookout.resume(START)
    assert await lookout.weigh(SILENT, an_endpoint(), FakeClock().read()) is SILENT
    await lookout.beat()
    assert not lookout.sight.offline


async def test_a_round_that_others_replaced_says_nothing() -> None:
    lookout, witnesses, clock = a_lookout(0)
    witnesses.held = asyncio.Event()
    beat = asyncio.create_task(lookout.beat())
    await asyncio.wait_for(witnesses.begun.wait(), ENOUGH)
    lookout.witnesses = Asked()
    witnesses.held.set()
    await asyncio.wait_for(beat, ENOUGH)
    assert not lookout.sight.is_doubtful
    await lookout.beat()
    assert clock.now() == START
    assert lookout.sight.online


async def test_an_end_does_not_wait_for_a_round() -> None:
    lookout, witnesses, _ = a_lookout()
    witnesses.held = asyncio.Event()
    beat = asyncio.create_task(lookout.beat())
    await asyncio.wait_for(witnesses.begun.wait(), ENOUGH)
    await asyncio.wait_for(lookout.close(), ENOUGH)
    with pytest.raises(asyncio.CancelledError):
        await beat


# ---------------------------------------------------------------- in the engine's hands


def blind(*endpoints: str, answer: int = 0) -> tuple[World, Asked]:
    world = World(*(an_endpoint(name) for name in endpoints or ("chat",)))
    witnesses = Asked(answer)
    world.lookout.witnesses = witnesses
    return world, witnesses


async def test_while_we_are_offline_no_breaker_trips_and_nothing_is_known() -> None:
    world, _ = blind()
    await world.ticks(OK)
    await world.ticks(*[GONE] * 9)
    standing = world.standing()
    assert (standing.breaker.state, standing.breaker.failures) == (State.CLOSED, 0)
    assert standing.health is Health.UNKNOWN
    assert standing.last is not None
    assert standing.last.category is Category.UNREACHABLE
    assert standing.reason == "we are offline: no route to host"
    assert [one.key for one in world.book.open_incidents()] == []


async def test_an_answer_still_counts_while_we_are_offline() -> None:
    world, _ = blind()
    await world.ticks(GONE, GONE)
    await world.trip()
    assert world.standing().health is Health.DOWN


async def test_silence_counts_when_our_network_works() -> None:
    world, witnesses = blind(answer=2)
    await world.ticks(GONE, GONE, GONE, after=5)
    assert world.standing().health is Health.DOWN
    assert witnesses.rounds == 3
    (incident,) = world.book.open_incidents()
    assert incident.blame == "omilia"


async def test_a_trial_while_we_are_offline_decides_nothing() -> None:
    world, witnesses = blind(answer=3)
    await world.trip()
    witnesses.answer = 0
    await world.ticks(GONE, GONE, after=20)
    assert world.standing().breaker.state is State.HALF_OPEN
    assert world.standing().breaker.trips == 1
    witnesses.answer = 3
    await world.ticks(OK, OK, after=20)
    assert world.standing().breaker.state is State.CLOSED


async def test_one_incident_is_opened_counted_and_closed() -> None:
    world, witnesses = blind("a", "b")
    await world.engine.review()
    for _ in range(3):
        for name in "ab":
            await world.ticks(GONE, name=name, after=10)
        await world.engine.review()
    (incident,) = world.book.open_incidents()
    assert (incident.key, incident.inconclusive, incident.revision) == ("network", 6, 1)
    witnesses.answer = 3
    for _ in range(2):
        world.clock.advance(AGAIN)
        await world.engine.review()
    assert world.book.open_incidents() == ()
    closed = world.last.incidents[0]
    assert "6 probes inconclusive" in closed.closed_because
    assert world.hastened == ["a", "b"], "they are looked at again soon"


async def test_silence_that_others_noticed_is_told_when_we_can_see_it() -> None:
    world, witnesses = blind()
    trouble = Trouble(
        *("credential:iam", Health.BLOCKED, Severity.ERROR, Category.UNREACHABLE, "no token")
    )
    await world.ticks(GONE)
    await world.engine.notice(trouble.key, trouble, "chat")
    assert world.book.open_incidents() == ()
    rejected = replace(trouble, category=Category.CREDENTIAL)
    await world.engine.notice(trouble.key, rejected, "chat")
    assert [one.key for one in world.book.open_incidents()] == ["credential:iam"]
    await world.engine.notice(trouble.key, None, "chat")
    witnesses.answer = 3
    await world.ticks(GONE, after=AGAIN)
    await world.engine.notice(trouble.key, trouble, "chat")
    assert [one.blame for one in world.book.open_incidents()] == ["omilia"]


async def test_a_stall_of_our_own_is_weighed() -> None:
    clock_stalls: list[tuple[float, float]] = []

    def stalled(start: float, end: float) -> float:
        clock_stalls.append((start, end))
        return 3.0

    world = World(an_endpoint(expectation=Expectation(within=2.0)), stalled=stalled)
    await world.ticks(Reply(200, latency=4.0))
    assert world.store.outcomes[-1].category is Category.OK
    await world.ticks(*[NoReply(Fault.TIMEOUT, "no answer in time")] * 4)
    assert world.standing().breaker.failures == 0
    assert world.standing().reason == "we stood still for 3 s: no answer in time"
    await world.ticks(BAD)
    assert len(clock_stalls) == 5, "what is answered is not asked about"
    assert world.clock.now() - START == timedelta(minutes=6)
