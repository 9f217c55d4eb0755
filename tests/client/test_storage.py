"""Stock pybreaker on our storage: it obeys the verdict, and neither decides nor writes."""

import asyncio
from typing import Any

import pybreaker
import pytest

from monitor.client import FollowerStorage, VerdictClient
from tests.client.speaking import event, speaking, until, verdict


class Verdicts:
    """Allows or not, as it is told."""

    def __init__(self) -> None:
        self.allow = True

    def allows(self, endpoint: str) -> bool:
        assert endpoint == "chat-rest"
        return self.allow


class Heard(pybreaker.CircuitBreakerListener):
    """Writes down the moves that a breaker makes."""

    def __init__(self) -> None:
        self.moves: list[str] = []

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        del cb, old_state
        self.moves.append(new_state.name)


@pytest.fixture
def verdicts() -> Verdicts:
    return Verdicts()


def breaker_of(verdicts: Any, **options: Any) -> pybreaker.CircuitBreaker:
    storage: Any = FollowerStorage(verdicts, "chat-rest")
    return pybreaker.CircuitBreaker(state_storage=storage, **options)


def fails() -> None:
    raise ConnectionError


def test_it_has_all_that_pybreaker_asks_of_a_storage() -> None:
    wanted = {name for name in vars(pybreaker.CircuitBreakerStorage) if not name.startswith("_")}
    assert wanted - set(dir(FollowerStorage(Verdicts(), "chat-rest"))) == set()


def test_calls_go_through_while_the_verdict_allows_and_not_else(verdicts: Verdicts) -> None:
    heard = Heard()
    breaker = breaker_of(verdicts, listeners=[heard])
    assert breaker.call(lambda: "done") == "done"
    verdicts.allow = False
    for _ in range(3):
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(lambda: "done")
        assert breaker.current_state == "open"
    verdicts.allow = True
    assert breaker.call(lambda: "done") == "done"
    assert heard.moves == ["open", "closed"]


@pytest.mark.parametrize("reset_timeout", [0, 0.001, 60, 1e6])
def test_an_open_one_never_tries_a_call(verdicts: Verdicts, reset_timeout: float) -> None:
    verdicts.allow = False
    breaker = breaker_of(verdicts, reset_timeout=reset_timeout)
    for _ in range(100):
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(lambda: "done")
    assert breaker.state.name == "open"


@pytest.mark.parametrize("fail_max", [1, 5])
def test_failures_here_open_nothing(verdicts: Verdicts, fail_max: int) -> None:
    breaker = breaker_of(verdicts, fail_max=fail_max)
    for _ in range(20):
        with pytest.raises(ConnectionError):
            breaker.call(fails)
    assert (breaker.current_state, breaker.fail_counter, breaker.success_counter) == (
        "closed",
        0,
        0,
    )


@pytest.mark.parametrize("move", ["open", "close", "half_open"])
@pytest.mark.parametrize("allow", [True, False])
def test_what_is_done_by_hand_does_not_last(verdicts: Verdicts, move: str, allow: bool) -> None:
    verdicts.allow = allow
    breaker = breaker_of(verdicts)
    getattr(breaker, move)()
    assert breaker.current_state == ("closed" if allow else "open")
    if allow:
        assert breaker.call(lambda: "done") == "done"
    else:
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(lambda: "done")


async def test_it_follows_a_client_and_can_be_asked_from_a_plain_thread() -> None:
    async with (
        speaking(verdict("chat-rest", allow=False)) as daemon,
        VerdictClient(daemon.url) as verdicts,
    ):
        breaker = breaker_of(verdicts)
        with pytest.raises(pybreaker.CircuitBreakerError):
            await asyncio.to_thread(breaker.call, lambda: "done")
        daemon.say(event("verdict", verdict("chat-rest"), 2))
        await until(lambda: verdicts.allows("chat-rest"))
        assert await asyncio.to_thread(breaker.call, lambda: "done") == "done"
        await daemon.stop()
        assert breaker.call(lambda: "done") == "done"
