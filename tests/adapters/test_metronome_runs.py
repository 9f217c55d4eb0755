"""The metronome in real runs, on the machine's clock.

Only order and facts are asserted, never durations: each test waits for events, and a wait that ends
by its time-out is a failure.
"""

import asyncio

import pytest

from monitor.adapters.clock import SystemClock
from monitor.adapters.metronome import Metronome
from tests.adapters.playing import LONG, Heard, Played, busy_wait, on_grid, playing, silent, until
from tests.clock import FakeClock

QUICK = 0.02
NEVER = 3600.0


async def test_each_tick_gets_its_own_due_time_from_its_grid() -> None:
    played, heard = Played(), Heard()
    async with playing(played, heard) as metronome:
        for name in ("a", "b", "c"):
            metronome.set(name, 0.05)
        metronome.start()
        await until(lambda: min(len(played.of(n)) for n in "abc") >= 4, played.news)
    for name in ("a", "b", "c"):
        dues = played.of(name)
        assert dues == sorted(set(dues)), "in order, and none twice"
        assert all(on_grid(due, name, 0.05) for due in dues)
    assert len(heard.lags) == len(played.runs)
    assert min(heard.lags) >= 0


async def test_a_returned_delay_moves_the_next_run_and_only_that() -> None:
    wishes = [QUICK, QUICK, None]

    async def wish(_: str) -> float | None:
        return wishes.pop(0)

    played = Played(wish)
    async with playing(played, Heard()) as metronome:
        metronome.set("chat", NEVER, first_in=0.0)
        metronome.start()
        await until(lambda: not wishes, played.news)
        await asyncio.sleep(0)
        last = metronome.next_at("chat")
    first, second, third = played.of("chat")
    assert first < second < third
    assert last is not None
    assert on_grid(last, "chat", NEVER)


@pytest.mark.parametrize("delay", [0.0, -1.0, 1e-6])
async def test_a_run_that_is_wanted_at_once_is_not_lost(delay: float) -> None:
    wishes: list[float | None] = [delay] * 20 + [None]

    async def wish(_: str) -> float | None:
        return wishes.pop(0)

    played, heard = Played(wish), Heard()
    async with playing(played, heard) as metronome:
        metronome.set("chat", NEVER, first_in=0.0)
        metronome.start()
        await until(lambda: not wishes, played.news)
    assert len(played.runs) == 21
    assert heard.skips == {}


async def test_a_tick_without_end_runs_once_at_a_time_and_its_due_times_count_as_skipped() -> None:
    release = asyncio.Event()
    together = most = 0

    async def hang(_: str) -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await release.wait()
        together -= 1

    played, heard = Played(hang), Heard()
    async with playing(played, heard) as metronome:
        metronome.set("chat", QUICK)
        metronome.start()
        await until(lambda: heard.skips["chat"] >= 5, heard.news)
        assert len(played.runs) == 1, "while it hangs nothing else runs, and we are told"
        release.set()
        await until(lambda: len(played.runs) >= 3, played.news)
    assert most == 1
    dues = played.of("chat")
    intervals = round((dues[-1] - dues[0]).total_seconds() / QUICK)
    assert intervals == len(dues) - 1 + heard.skips["chat"], "each due time is counted once"


async def test_an_exception_is_reported_as_a_bug_and_the_beat_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def boom(_: str) -> None:
        raise RuntimeError("boom")

    played, heard = Played(boom), Heard()
    async with playing(played, heard) as metronome:
        metronome.set("chat", QUICK)
        metronome.start()
        await until(lambda: len(heard.bugs) >= 3, heard.news)
    assert set(heard.bugs) == {"tick"}
    assert "boom" in caplog.text


async def test_a_cancelled_tick_does_not_stop_the_beat() -> None:
    async def cancelled(_: str) -> None:
        raise asyncio.CancelledError

    played, heard = Played(cancelled), Heard()
    async with playing(played, heard) as metronome:
        metronome.set("chat", QUICK)
        metronome.start()
        await until(lambda: len(played.runs) >= 3, played.news)
    assert heard.bugs == []


async def test_given_removal_while_in_flight_then_the_tick_ends_and_no_other_follows() -> None:
    release, ended = asyncio.Event(), asyncio.Event()

    async def slow(_: str) -> float:
        await release.wait()
        ended.set()
        return 0.0

    played, heard = Played(slow), Heard()
    async with playing(played, heard) as metronome:
        metronome.set("gone", NEVER, first_in=0.0)
        metronome.start()
        await until(lambda: bool(played.runs), played.news)
        metronome.remove("gone")
        release.set()
        async with asyncio.timeout(LONG):
            await ended.wait()
        metronome.set("other", QUICK)
        await until(lambda: len(played.of("other")) >= 3, played.news)
    assert len(played.of("gone")) == 1
    assert heard.bugs == []


async def test_given_another_interval_while_in_flight_then_the_wish_of_the_tick_still_holds() -> (
    None
):
    release = asyncio.Event()

    async def slow(_: str) -> float | None:
        if release.is_set():
            return None
        await release.wait()
        return 0.0

    played = Played(slow)
    async with playing(played, Heard()) as metronome:
        metronome.set("chat", NEVER, first_in=0.0)
        metronome.start()
        await until(lambda: bool(played.runs), played.news)
        metronome.set("chat", 2 * NEVER)
        release.set()
        await until(lambda: len(played.runs) == 2, played.news)


async def test_given_a_stalled_loop_then_nothing_is_dropped_and_each_endpoint_runs_once() -> None:
    played, heard = Played(), Heard()
    every, names = 0.1, [f"e{n}" for n in range(20)]
    async with playing(played, heard) as metronome:
        for name in names:
            metronome.set(name, every)
        metronome.start()
        await until(lambda: min(len(played.of(name)) for name in names) >= 1, played.news)
        before, lags = len(played.runs), len(heard.lags)

        busy_wait(1.5)

        # All of them were overdue: they run before anyone runs a second time.
        await until(lambda: len(played.runs) >= before + len(names), played.news)
        after = played.runs[before : before + len(names)]
        assert sorted(name for name, _ in after) == sorted(names)
        assert all(lag > 1.0 for lag in heard.lags[lags : lags + len(names)])
        await until(lambda: min(heard.skips[name] for name in names) >= 10, heard.news)


async def test_given_in_flight_when_stopped_then_the_tick_may_finish() -> None:
    begun, release = asyncio.Event(), asyncio.Event()
    finished: list[str] = []

    async def slow(name: str) -> None:
        begun.set()
        await release.wait()
        for _ in range(100):  # longer than any way around the waiting takes
            await asyncio.sleep(0)
        finished.append(name)

    played = Played(slow)
    metronome = Metronome(played.tick, clock=SystemClock(), reports=Heard())
    metronome.set("chat", QUICK)
    metronome.start()
    async with asyncio.timeout(LONG):
        await begun.wait()
        stopping = asyncio.create_task(metronome.stop(within=LONG))
        await asyncio.sleep(0)
        release.set()
        await stopping
    assert finished == ["chat"]
    assert metronome.next_at("chat") is None
    await metronome.stop(within=0)


async def test_given_a_tick_without_end_when_stopped_then_it_is_cancelled() -> None:
    begun = asyncio.Event()
    ends: list[str] = []

    async def hang(_: str) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    heard = Heard()
    metronome = Metronome(Played(hang).tick, clock=SystemClock(), reports=heard)
    metronome.set("chat", NEVER, first_in=0.0)
    metronome.start()
    async with asyncio.timeout(LONG):
        await begun.wait()
        await metronome.stop(within=0.01)
    assert ends == ["cancelled"]
    assert heard.bugs == []


async def test_stopping_what_never_began_is_no_error() -> None:
    metronome = silent(FakeClock())
    metronome.set("chat", 60.0)
    await metronome.stop(within=1)


async def test_the_watcher_survives_its_own_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.adapters.metronome.WATCH", 0.001)
    heard = Heard()

    def broken(_: Metronome) -> None:
        raise RuntimeError("boom")

    async with playing(Played(), heard) as metronome:
        metronome.start()
        monkeypatch.setattr(Metronome, "follow_clock", broken)
        await until(lambda: len(heard.bugs) >= 2, heard.news)
    assert set(heard.bugs) == {"clock watcher"}
