"""The engine and slowness: degraded by a window, told once, over when it is over."""

from dataclasses import replace

from monitor.core.breaker import Move, Policy, State
from monitor.core.exchange import Reply
from monitor.core.grounds import Rule
from monitor.core.health import Health
from monitor.core.outcome import Expectation
from monitor.core.window import Rate
from tests.core.engine_world import BAD, OK, World, names
from tests.examples import an_endpoint

LATE = Reply(200, latency=3.0)
SLOW = an_endpoint(expectation=Expectation(within=2.0))


async def test_slow_again_and_again_is_degraded_once_and_ends_once() -> None:
    world = World(SLOW)
    await world.ticks(*[OK] * 6)
    story = [LATE, LATE, LATE, OK, LATE, LATE, LATE, OK, LATE, LATE, LATE, *[OK] * 12]
    await world.ticks(*story)
    healths = [news.standing.health for news in world.listener.news]
    assert [h for n, h in enumerate(healths) if h is not healths[n - 1]][-2:] == [
        Health.DEGRADED,
        Health.OPERATIONAL,
    ]
    told = [one for news in world.listener.news for one in news.incidents]
    assert [(one.is_open, one.category) for one in told] == [(True, "slow"), (False, "slow")]
    assert told[0].reason.endswith("(over 50 %), the last: took 3 s, more than 2 s")
    assert told[0].grounds is not None
    assert told[0].grounds.rule is Rule.SLOW_RATE
    assert {one.category for one in told[0].samples} == {"slow"}
    assert world.standing().breaker.state is State.CLOSED


async def test_a_failure_amid_slowness_ends_nothing() -> None:
    world = World(SLOW)
    await world.ticks(*[LATE] * 6, BAD, OK)
    assert world.standing().health is Health.DEGRADED
    assert world.standing().reason.startswith("6 of 8 slow in 10 min (over 50 %)")
    assert [one.is_open for news in world.listener.news for one in news.incidents] == [True]


async def test_slowness_that_opens_is_down_until_a_trial_is_quick() -> None:
    policy = Policy(slow_rate=Rate(over=80.0), slow_opens=True, success_threshold=1)
    world = World(replace(SLOW, policy=policy))
    await world.ticks(*[LATE] * 5)
    assert (world.standing().health, world.standing().breaker.state) == (Health.DOWN, State.OPEN)
    assert world.standing().reason == world.standing().breaker.reason
    await world.ticks(LATE, after=10.0)
    assert names(world.facts.moves) == [Move.TRIAL, Move.RETRIP]
    await world.ticks(OK, after=20.0)
    assert world.standing().health is Health.OPERATIONAL


async def test_a_trip_by_a_good_outcome_says_why_and_looks_again_in_time() -> None:
    world = World()
    await world.ticks(BAD, BAD, OK, BAD)
    world.prober.will(OK)
    assert await world.tick(after=60.0) == 10.0, "the trial, exactly when the open time is over"
    standing = world.standing()
    assert (standing.health, standing.breaker.state) == (Health.DOWN, State.OPEN)
    assert standing.reason == "3 of 5 failed in 10 min (over 40 %), the last: HTTP 503"
