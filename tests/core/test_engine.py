import asyncio
from datetime import timedelta

import pytest

from monitor.core.breaker import Move, Policy, State
from monitor.core.exchange import Reply
from monitor.core.health import Health
from monitor.core.outcome import Category, Expectation
from tests.core.engine_world import BAD, ENOUGH, OK, REFUSED, World, names, only
from tests.examples import an_endpoint

# ---------------------------------------------------------------- the straight line


async def test_an_outage_from_the_first_failure_to_the_reset() -> None:
    world = World()
    await world.ticks(OK)

    world.prober.will(BAD)
    assert await world.tick(after=60) == 5.0  # looked at again quickly
    assert world.standing().health is Health.OPERATIONAL
    assert await world.tick(after=5) == 5.0
    assert await world.tick(after=5) == 10.0  # tripped: the trial is due when the open time ends

    tripped = world.facts
    assert names(tripped.moves) == [Move.TRIP]
    opened = only(tripped.incidents)
    assert opened.is_open
    assert (opened.category, opened.http_status, len(opened.samples)) == (
        Category.SERVER_ERROR,
        503,
        3,
    )
    assert (tripped.standing.health, tripped.standing.breaker.state) == (Health.DOWN, State.OPEN)

    assert await world.tick(after=4) == 6.0  # too early: not sent, nothing new
    assert len(world.prober.asked) == 4
    assert world.facts is tripped

    assert await world.tick(after=6) == 20.0  # the trial fails: longer
    retripped = world.facts
    assert names(retripped.moves) == [Move.TRIAL, Move.RETRIP]
    assert only(retripped.incidents).id == opened.id

    world.prober.will(OK)
    assert await world.tick(after=20) == 5.0  # the first good trial
    assert (names(world.facts.moves), world.facts.incidents) == ([Move.TRIAL], ())
    assert world.standing().health is Health.DOWN

    assert await world.tick(after=5) is None  # the second: closed, back to the grid
    reset = world.facts
    assert names(reset.moves) == [Move.RESET]
    assert only(reset.incidents).id == opened.id
    assert not only(reset.incidents).is_open
    assert reset.standing.health is Health.OPERATIONAL
    assert [outcome.status for outcome in world.store.outcomes] == [200, *[503] * 4, 200, 200]


async def test_every_move_is_stored_once_and_published_once() -> None:
    world = World(script=(BAD, BAD, BAD, BAD, OK))
    for _ in range(7):
        await world.tick(after=60)
    moves = [Move.TRIP, Move.TRIAL, Move.RETRIP, Move.TRIAL, Move.RESET]
    assert [m.move for facts in world.store.facts for m in facts.moves] == moves
    assert [m.move for news in world.listener.news for m in news.moves] == moves
    assert [m.epoch for news in world.listener.news for m in news.moves] == [1, 2, 3, 4, 5]


async def test_what_is_published_is_what_was_stored() -> None:
    world = World()
    await world.trip()
    assert world.last.standing == world.facts.standing
    assert world.last.moves == world.facts.moves
    assert world.last.incidents == world.facts.incidents
    assert world.last.outcome == world.store.outcomes[-1] == world.last.standing.last


async def test_nothing_is_published_before_it_is_durable() -> None:
    world = World(script=(BAD,))
    world.store.slow = asyncio.Event()
    tick = world.start()
    await asyncio.wait_for(world.store.waiting.wait(), ENOUGH)
    assert world.last.outcome is None
    world.store.slow.set()
    await asyncio.wait_for(tick, ENOUGH)
    assert world.last.outcome is not None


async def test_a_calm_tick_writes_its_outcome_and_waits_for_nothing() -> None:
    world = World()
    await world.ticks(OK)
    commits = len(world.store.facts)
    await world.ticks(OK, OK, OK)
    assert len(world.store.facts) == commits
    assert len(world.store.outcomes) == 4
    assert world.last.outcome is world.store.outcomes[-1]


async def test_the_outcome_carries_when_it_was_due_and_when_it_was_judged() -> None:
    world = World()
    due = world.clock.now() - timedelta(seconds=3)
    await world.engine.tick("chat", due)
    outcome = world.store.outcomes[-1]
    assert (outcome.endpoint, outcome.due, outcome.at) == ("chat", due, world.clock.now())


async def test_a_hint_keeps_the_breaker_open_at_least_as_long() -> None:
    world = World(script=(Reply(429, headers={"retry-after": "90"}),))
    assert await world.tick() == 90.0
    assert world.standing().health is Health.THROTTLED
    assert world.facts.moves[0].open_for == 90.0


async def test_an_endpoint_that_nobody_watches_is_not_probed() -> None:
    world = World()
    assert await world.tick("stranger") is None
    assert world.prober.asked == []


# ---------------------------------------------------------------- neutral


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 302])
async def test_a_refusal_leaves_the_breaker_alone(status: int) -> None:
    world = World()
    await world.ticks(BAD, BAD)
    before = world.standing().breaker
    await world.ticks(*[Reply(status)] * 5)
    assert world.standing().breaker.failures == before.failures == 2
    assert world.standing().breaker.state is State.CLOSED
    await world.ticks(BAD)
    assert world.standing().breaker.state is State.OPEN


async def test_a_refusal_is_confirmed_quickly_and_then_left_to_the_grid() -> None:
    world = World(script=(REFUSED,))
    assert await world.tick() == 5.0
    assert world.facts.incidents == ()
    assert await world.tick(after=5) is None
    assert only(world.facts.incidents).health is Health.MISCONFIGURED
    assert [await world.tick(after=60) for _ in range(5)] == [None] * 5


async def test_changing_refusals_do_not_hammer() -> None:
    world = World(script=(REFUSED,))
    await world.tick()
    for status in (403, 404, 401, 404, 403):
        world.prober.will(Reply(status))
        assert await world.tick(after=60) is None


async def test_a_refused_trial_decides_nothing_and_does_not_hammer() -> None:
    world = World()
    await world.trip()
    world.prober.will(Reply(401))
    assert await world.tick(after=10) == 5.0
    assert world.standing().breaker.state is State.HALF_OPEN
    assert await world.tick(after=5) is None
    world.prober.will(OK)
    assert await world.tick(after=60) == 5.0
    assert await world.tick(after=5) is None
    assert world.standing().breaker.state is State.CLOSED


async def test_a_half_open_breaker_that_decides_nothing_opens_again() -> None:
    world = World()
    await world.trip()
    await world.ticks(Reply(401), after=10)
    probes = len(world.prober.asked)
    wait = await world.tick(after=Policy().max_half_open)
    assert len(world.prober.asked) == probes
    assert wait == world.facts.moves[0].open_for
    assert names(world.facts.moves) == names(world.last.moves) == [Move.RETRIP]
    assert world.last.outcome is None
    assert len(world.book.open_incidents()) == 1


async def test_402_counts_where_it_is_told_to() -> None:
    counted = an_endpoint(expectation=Expectation(count=frozenset({402})))
    world = World(counted)
    await world.ticks(Reply(402), Reply(402), after=5)
    assert world.book.open_incidents() == ()
    await world.ticks(Reply(402), after=5)
    incident = only(world.facts.incidents)
    assert (incident.health, incident.category) == (Health.DOWN, Category.REQUEST_FAILED)


# ---------------------------------------------------------------- who depends on whom

CHAIN = (
    an_endpoint("iam"),
    an_endpoint("console", needs=("iam",)),
    an_endpoint("chat", needs=("console", "not-configured")),
)


async def test_who_needs_what_is_down_is_blocked_and_not_sent() -> None:
    world = World(*CHAIN)
    await world.trip("iam")
    probes = len(world.prober.asked)
    assert await world.tick("console") is None
    assert len(world.prober.asked) == probes
    outcome = world.store.outcomes[-1]
    assert (outcome.category, outcome.detail) == (Category.BLOCKED, "blocked by iam")
    assert world.standing("console").health is Health.BLOCKED
    assert world.standing("console").breaker.state is State.CLOSED
    assert [incident.key for incident in world.book.open_incidents()] == ["iam"]


async def test_a_trip_waits_for_the_verdict_on_what_is_needed() -> None:
    world = World(*CHAIN)
    await world.ticks(OK, name="iam")
    await world.ticks(OK, name="console")
    await world.ticks(BAD, BAD, BAD, name="console", after=5)
    assert world.standing("console").breaker.state is State.CLOSED
    assert world.hastened[0] == "iam", "it is asked at the first failure"
    await world.ticks(OK, name="iam", after=1)
    await world.ticks(BAD, name="console", after=4)
    assert world.standing("console").breaker.state is State.OPEN


async def test_a_failure_that_came_with_its_needs_is_not_held_against_it() -> None:
    world = World(*CHAIN)
    await world.ticks(OK, name="iam")
    await world.ticks(OK, name="console")
    await world.ticks(BAD, BAD, BAD, name="console", after=5)
    await world.trip("iam")
    await world.tick("console", after=5)
    standing = world.standing("console")
    assert (standing.breaker.state, standing.health) == (State.CLOSED, Health.BLOCKED)
    assert [one.key for one in world.book.open_incidents()] == ["iam"]


async def test_blame_goes_to_the_root_at_once() -> None:
    """`console` has not had its turn yet: `chat` must not wait for that to be spared."""
    world = World(*CHAIN)
    await world.trip("iam")
    await world.tick("chat")
    assert world.store.outcomes[-1].detail == "blocked by iam"


async def test_all_is_sent_again_as_soon_as_the_root_recovers() -> None:
    world = World(*CHAIN)
    await world.trip("iam")
    await world.tick("chat")
    await world.ticks(OK, OK, name="iam", after=10)
    await world.ticks(OK, name="chat")
    assert world.standing("chat").health is Health.OPERATIONAL


async def test_a_dependency_that_only_refuses_us_blocks_nobody() -> None:
    world = World(*CHAIN)
    await world.ticks(REFUSED, REFUSED, name="iam")
    await world.ticks(OK, name="console")
    assert world.standing("console").health is Health.OPERATIONAL


async def test_being_blocked_again_is_no_news_for_the_store() -> None:
    world = World(*CHAIN)
    await world.trip("iam")
    await world.tick("chat", after=60)
    commits = len(world.store.facts)
    await world.tick("chat", after=60)
    assert len(world.store.facts) == commits
