import asyncio

import pytest

from monitor.core.breaker import Policy, State
from monitor.core.exchange import Reply
from monitor.core.health import Health
from monitor.core.outcome import Expectation
from monitor.core.standing import Standing
from monitor.ports import Facts
from tests.core.engine_world import BAD, ENOUGH, OK, World, only
from tests.examples import an_endpoint
from tests.fakes import Held

# ---------------------------------------------------------------- what is not an outcome


async def test_a_cancelled_probe_records_nothing_and_gives_its_permit_back() -> None:
    world = World()
    await world.trip()
    facts, outcomes = len(world.store.facts), len(world.store.outcomes)
    world.clock.advance(10)
    world.prober.will(held := Held())
    trial = world.start()
    await asyncio.wait_for(held.begun.wait(), ENOUGH)
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert (len(world.store.facts), len(world.store.outcomes)) == (facts, outcomes)
    assert world.standing().breaker.state is State.HALF_OPEN

    await world.ticks(OK, OK, after=5)  # the permit is free for the next trial
    assert world.standing().breaker.state is State.CLOSED


async def test_one_trial_at_a_time() -> None:
    world = World()
    await world.trip()
    world.clock.advance(10)
    world.prober.will(held := Held())
    trial = world.start()
    await asyncio.wait_for(held.begun.wait(), ENOUGH)
    probes = len(world.prober.asked)
    await world.tick()
    assert len(world.prober.asked) == probes
    held.answer.set_result(OK)
    await asyncio.wait_for(trial, ENOUGH)


async def test_a_bug_in_the_prober_leaves_the_breaker_alone() -> None:
    world = World()
    await world.ticks(BAD, BAD)
    outcomes, standing = len(world.store.outcomes), world.standing()
    world.prober.will(RuntimeError("a bug of ours"))
    for _ in range(5):
        with pytest.raises(RuntimeError, match="a bug of ours"):
            await world.tick(after=60)
    assert len(world.store.outcomes) == outcomes
    assert world.standing() == standing


async def test_a_bug_in_a_check_leaves_the_breaker_alone() -> None:
    def broken(_: Reply) -> str | None:
        raise KeyError("a bug of ours")

    world = World(an_endpoint(expectation=Expectation(checks=(broken,))))
    with pytest.raises(KeyError):
        await world.tick()
    assert world.store.outcomes == []


async def test_a_bug_in_a_trial_gives_its_permit_back() -> None:
    world = World()
    await world.trip()
    world.prober.will(RuntimeError("a bug of ours"))
    with pytest.raises(RuntimeError):
        await world.tick(after=10)
    await world.ticks(OK, OK, after=5)
    assert world.standing().breaker.state is State.CLOSED


# ---------------------------------------------------------------- reload


async def test_an_endpoint_removed_in_mid_probe_is_dropped() -> None:
    world = World(script=(BAD,))
    world.prober.will(held := Held())
    probe = world.start()
    await asyncio.wait_for(held.begun.wait(), ENOUGH)
    await world.engine.unwatch("chat")
    news = len(world.listener.news)
    held.answer.set_result(BAD)
    assert await asyncio.wait_for(probe, ENOUGH) is None
    assert world.store.outcomes == []
    assert len(world.listener.news) == news


async def test_an_endpoint_removed_and_added_again_in_mid_probe_begins_anew() -> None:
    world = World()
    world.prober.will(held := Held())
    probe = world.start()
    await asyncio.wait_for(held.begun.wait(), ENOUGH)
    await world.engine.unwatch("chat")
    world.engine.watch(an_endpoint())
    held.answer.set_result(BAD)
    assert await asyncio.wait_for(probe, ENOUGH) is None
    assert world.standing() == Standing("chat", breaker=world.standing().breaker)


async def test_an_endpoint_removed_while_its_facts_are_stored_does_not_come_back() -> None:
    world = World(script=(BAD,))
    world.store.slow = asyncio.Event()
    tick = world.start()
    await asyncio.wait_for(world.store.waiting.wait(), ENOUGH)
    removal = asyncio.create_task(world.engine.unwatch("chat"))
    world.store.slow.set()
    await asyncio.wait_for(asyncio.gather(tick, removal), ENOUGH)
    assert world.last.outcome is None
    assert [news for news in world.listener.news if news.outcome] == []


async def test_an_incident_that_ends_while_its_endpoint_is_removed_is_published_once() -> None:
    world = World()
    await world.trip()
    world.clock.advance(10)
    await world.ticks(OK)
    world.clock.advance(5)
    world.store.slow = asyncio.Event()
    world.store.waiting.clear()
    world.prober.will(OK)
    tick = world.start()
    await asyncio.wait_for(world.store.waiting.wait(), ENOUGH)
    removal = asyncio.create_task(world.engine.unwatch("chat"))
    world.store.slow.set()
    await asyncio.wait_for(asyncio.gather(tick, removal), ENOUGH)
    ended = [one for news in world.listener.news for one in news.incidents if not one.is_open]
    assert [one.closed_because for one in ended] == ["answers as expected"]


async def test_new_settings_that_come_while_facts_are_stored_are_not_undone() -> None:
    world = World(script=(BAD,))
    world.store.slow = asyncio.Event()
    tick = world.start()
    await asyncio.wait_for(world.store.waiting.wait(), ENOUGH)
    world.engine.watch(changed := an_endpoint(every=30.0))
    world.store.slow.set()
    await asyncio.wait_for(tick, ENOUGH)
    assert world.last.endpoint is changed


async def test_a_changed_endpoint_keeps_its_state_and_obeys_its_new_policy() -> None:
    world = World()
    await world.ticks(BAD)
    world.engine.watch(an_endpoint(policy=Policy(fail_max=2)))
    assert world.standing().breaker.failures == 1
    await world.ticks(BAD)
    assert world.standing().breaker.state is State.OPEN


async def test_an_endpoint_that_is_no_longer_watched_takes_its_incident_with_it() -> None:
    world = World()
    await world.trip()
    await world.engine.unwatch("chat")
    ended = only(world.facts.incidents)
    assert (ended.is_open, ended.closed_because) == (False, "no longer watched")
    assert world.last.incidents == (ended,)
    assert world.engine.endpoints() == []


async def test_unwatching_a_stranger_is_harmless() -> None:
    world = World()
    await world.engine.unwatch("stranger")
    assert world.store.facts == []


# ---------------------------------------------------------------- stop and start


async def test_a_stop_stores_how_everything_stands() -> None:
    world = World(an_endpoint("a"), an_endpoint("b"))
    await world.trip("a")
    world.clock.advance(4)
    world.store.facts.clear()
    await world.engine.save()
    stored = {facts.standing.endpoint: facts.standing for facts in world.store.facts}
    assert set(stored) == {"a", "b"}
    assert stored["a"].breaker.retry_after == 6.0
    assert stored["a"].breaker.taken_at == world.clock.now()


async def test_a_restart_goes_on_where_it_was() -> None:
    before = World()
    await before.trip()
    await before.engine.save()
    saved, incidents = before.facts.standing, before.book.open_incidents()

    after = World(an_endpoint("another"), script=(OK,))
    after.clock.advance(14 + 4)  # when it tripped, and a short rest
    after.book.restore(incidents)
    after.engine.watch(an_endpoint(), saved)
    assert await after.engine.close_abandoned({}) == ()
    assert after.engine.first_in("chat") == pytest.approx(7.0)
    assert after.engine.first_in("another") is None
    assert after.standing().health is Health.DOWN

    await after.ticks(OK, OK, after=10)
    assert only(after.facts.incidents).id == only(incidents).id
    assert after.book.open_incidents() == ()


async def test_an_incident_of_an_endpoint_that_is_gone_is_closed_at_the_start() -> None:
    before = World()
    await before.trip()
    saved, incidents = before.facts.standing, before.book.open_incidents()

    after = World(an_endpoint("another"))
    after.book.restore(incidents)
    ended = only(await after.engine.close_abandoned({"chat": saved}))
    assert (ended.id, ended.is_open) == (only(incidents).id, False)
    assert after.facts == Facts(saved, (), (ended,))
    assert after.book.open_incidents() == ()


async def test_closing_an_abandoned_incident_overwrites_nothing_of_who_is_still_watched() -> None:
    """The credential it was about is no longer used; the endpoint that found it goes on."""
    before = World(an_endpoint(credential="pat"), script=(Reply(401),))
    await before.ticks(Reply(401), Reply(401))
    saved, incidents = before.facts.standing, before.book.open_incidents()

    after = World(an_endpoint("another"))
    after.book.restore(incidents)
    after.engine.watch(an_endpoint(), saved)
    ended = only(await after.engine.close_abandoned({"chat": Standing("chat")}))
    assert (ended.key, ended.is_open) == ("credential:pat", False)
    assert after.facts.standing.last == saved.last
