"""What pybreaker 1.4.1 does where our gate walks past it.

Each test pins a behaviour that the gate was built around. When an upgrade changes one, the test
fails, and the part of adapters/gate.py that it names can be thought over.
"""

import asyncio
import traceback
from abc import ABCMeta
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pybreaker
import pytest

from tests.adapters.pybreakers import BoomError, Heard, RefusedError, fail, fine, make, refuse

YEAR_9000 = datetime(9000, 1, 1, tzinfo=UTC)


# ---------------------------------------------------------------- why outcomes are replayed


async def test_an_awaited_call_never_trips() -> None:
    async def probe() -> None:
        raise BoomError

    breaker = make(fail_max=1)
    for _ in range(3):
        with pytest.raises(BoomError):
            await breaker.call(probe)
    assert (breaker.current_state, breaker.fail_counter) == ("closed", 0)


def test_a_call_as_an_admission_test_is_a_success_and_resets_the_count() -> None:
    breaker = make(fail_max=3)
    fail(breaker, 2)
    breaker.call(fine)
    assert breaker.fail_counter == 0


async def test_calling_counts_a_cancellation_as_a_failure() -> None:
    breaker = make(fail_max=5)
    with pytest.raises(asyncio.CancelledError), breaker.calling():
        raise asyncio.CancelledError
    assert breaker.fail_counter == 1


async def test_calling_replaces_a_cancellation_that_trips_by_its_own_error() -> None:
    breaker = make(fail_max=1, throw_new_error_on_trip=True)
    with pytest.raises(pybreaker.CircuitBreakerError), breaker.calling():
        raise asyncio.CancelledError


@pytest.mark.parametrize("unusual", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_every_base_exception_is_a_failure(unusual: type[BaseException]) -> None:
    def stop() -> None:
        raise unusual

    breaker = make(fail_max=5)
    with pytest.raises(unusual):
        breaker.call(stop)
    assert breaker.fail_counter == 1


def test_one_exception_object_replayed_grows_its_traceback() -> None:
    same, breaker = BoomError(), make(fail_max=1000)

    def replay() -> None:
        raise same

    depths = []
    for _ in range(3):
        with pytest.raises(BoomError):
            breaker.call(replay)
        depths.append(len(traceback.extract_tb(same.__traceback__)))
    assert depths[0] < depths[1] < depths[2]


# ---------------------------------------------------------------- why neutral never reaches it


def test_an_excluded_error_resets_the_count() -> None:
    breaker = make(fail_max=3, exclude=[RefusedError])
    fail(breaker, 2)
    with pytest.raises(RefusedError):
        breaker.call(refuse)
    assert breaker.fail_counter == 0


def test_an_excluded_error_closes_a_half_open_breaker() -> None:
    breaker = make(pybreaker.STATE_HALF_OPEN, exclude=[RefusedError])
    with pytest.raises(RefusedError):
        breaker.call(refuse)
    assert breaker.current_state == "closed"


def test_an_excluded_class_with_a_metaclass_excludes_every_error() -> None:
    class AbstractError(Exception, metaclass=ABCMeta):
        pass

    breaker = make(fail_max=1, exclude=[AbstractError])
    fail(breaker, 3)
    assert breaker.current_state == "closed"


# ---------------------------------------------------------------- why there are permits


def test_half_open_lets_any_number_in_at_once() -> None:
    breaker = make(pybreaker.STATE_HALF_OPEN)
    inside = [breaker.calling() for _ in range(5)]
    for trial in inside:
        trial.__enter__()
    assert breaker.current_state == "half-open"
    for trial in inside:
        trial.__exit__(None, None, None)


def test_a_late_success_closes_an_open_breaker() -> None:
    breaker = make(pybreaker.STATE_HALF_OPEN)
    early, late = breaker.calling(), breaker.calling()
    late.__enter__()
    early.__enter__()
    early.__exit__(BoomError, BoomError(), None)
    assert breaker.current_state == "open"
    late.__exit__(None, None, None)
    assert breaker.current_state == "closed"


def test_half_open_has_no_end_of_its_own() -> None:
    storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_HALF_OPEN)
    storage.opened_at = datetime(2000, 1, 1, tzinfo=UTC)
    assert make(state_storage=storage, reset_timeout=0.0).current_state == "half-open"


# ---------------------------------------------------------------- why time is ours


def opened_at(when: datetime | None) -> pybreaker.CircuitBreaker:
    storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_OPEN)
    if when is not None:
        storage.opened_at = when
    return make(state_storage=storage, reset_timeout=60.0)


def real_now() -> datetime:
    """Return the clock that pybreaker reads by itself."""
    storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
    make(state_storage=storage).open()
    assert storage.opened_at is not None
    return storage.opened_at


@pytest.mark.parametrize(
    ("opened", "passes"),
    [
        (lambda: real_now() - timedelta(hours=5), True),  # the wall clock stepped forwards
        (lambda: real_now() + timedelta(hours=5), False),  # and back: 5 hours longer
        (lambda: None, True),  # restored without a time
        (lambda: YEAR_9000, False),  # what our storage says
    ],
)
def test_an_open_time_is_measured_on_the_wall_clock(
    opened: Callable[[], datetime | None], passes: bool
) -> None:
    breaker = opened_at(opened())
    if passes:
        breaker.call(fine)
        assert breaker.current_state == "closed"
    else:
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(fine)


def test_it_stays_open_until_it_is_called() -> None:
    assert opened_at(datetime(2000, 1, 1, tzinfo=UTC)).current_state == "open"


def test_opening_an_open_breaker_begins_its_time_anew_and_says_so() -> None:
    heard, long_ago = Heard(), datetime(2000, 1, 1, tzinfo=UTC)
    breaker = opened_at(long_ago)
    breaker.add_listener(heard)
    breaker.open()
    assert breaker._state_storage.opened_at != long_ago
    assert heard.said == ["open>open"]


@pytest.mark.parametrize(
    ("timeout", "error"),
    [(float("inf"), OverflowError), (1e18, OverflowError), (float("nan"), ValueError)],
)
def test_an_unusual_open_time_breaks_every_call(timeout: float, error: type[Exception]) -> None:
    breaker = opened_at(YEAR_9000)
    breaker.reset_timeout = timeout
    with pytest.raises(error):
        breaker.call(fine)
