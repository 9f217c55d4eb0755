"""What our gate relies on in pybreaker 1.4.1, pinned, so that no upgrade changes it unseen."""

import logging
from typing import Any

import pybreaker
import pytest

from tests.adapters.pybreakers import Heard, boom, fail, fine, make


def test_by_default_a_trip_hides_the_error_that_caused_it() -> None:
    breaker = pybreaker.CircuitBreaker(fail_max=1)
    with pytest.raises(pybreaker.CircuitBreakerError):
        breaker.call(boom)


def test_without_new_errors_a_trip_raises_what_was_raised() -> None:
    breaker = make(fail_max=1)
    fail(breaker)
    assert breaker.current_state == "open"


def test_reading_state_acts_and_reading_current_state_does_not() -> None:
    heard, breaker = Heard(), make(fail_max=5)
    breaker.add_listener(heard)
    fail(breaker, 2)
    heard.said.clear()
    breaker._state_storage.state = pybreaker.STATE_OPEN
    assert breaker.current_state == "open"
    assert heard.said == []
    assert breaker.state.name == "open"
    assert heard.said == ["closed>open"]


def test_the_count_survives_a_trip_and_a_reset_clears_it() -> None:
    breaker = make(fail_max=3)
    fail(breaker, 3)
    assert (breaker.current_state, breaker.fail_counter) == ("open", 3)
    breaker.half_open()
    fail(breaker)
    assert (breaker.current_state, breaker.fail_counter) == ("open", 4)
    breaker.half_open()
    breaker.call(fine)
    assert (breaker.current_state, breaker.fail_counter) == ("closed", 0)


def test_the_success_threshold_counts_in_half_open_only_and_begins_anew_each_time() -> None:
    breaker = make(pybreaker.STATE_CLOSED, fail_max=1, success_threshold=2)
    breaker.call(fine)
    assert breaker.success_counter == 0
    breaker.half_open()
    breaker.call(fine)
    assert (breaker.current_state, breaker.success_counter) == ("half-open", 1)
    fail(breaker)
    breaker.half_open()
    assert breaker.success_counter == 0
    breaker.call(fine)
    breaker.call(fine)
    assert (breaker.current_state, breaker.success_counter) == ("closed", 0)


def test_a_counter_restored_before_the_breaker_is_made_is_kept_and_making_it_is_silent() -> None:
    storage, heard = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED), Heard()
    storage.increment_counter()
    storage.increment_counter()
    breaker = make(state_storage=storage, fail_max=3, listeners=[heard])
    assert (breaker.fail_counter, heard.said) == (2, [])
    fail(breaker)
    assert breaker.current_state == "open"


def test_an_unknown_state_is_refused_when_the_breaker_is_made() -> None:
    with pytest.raises(ValueError, match="forced-open"):
        make("forced-open")


@pytest.mark.parametrize("limit", [0, 2])
def test_a_limit_lowered_below_the_count_trips_at_the_next_failure_only(limit: int) -> None:
    breaker = make(fail_max=5)
    fail(breaker, 3)
    breaker.fail_max = limit
    assert breaker.current_state == "closed"
    fail(breaker)
    assert breaker.current_state == "open"


def test_a_listener_that_raises_stops_the_trip_half_way() -> None:
    class Broken(pybreaker.CircuitBreakerListener):
        def failure(self, *_: Any) -> None:
            raise RuntimeError("listener")

    breaker = make(fail_max=1, listeners=[Broken()])
    with pytest.raises(RuntimeError):
        breaker.call(boom)
    assert breaker.current_state == "closed"


def test_what_listeners_hear_and_that_a_rejection_says_nothing() -> None:
    heard = Heard()
    breaker = make(fail_max=1, listeners=[heard])
    fail(breaker)
    assert heard.said == ["before", "failure", "closed>open"]
    heard.said.clear()
    with pytest.raises(pybreaker.CircuitBreakerError):
        breaker.call(fine)
    assert heard.said == []
    breaker.reset_timeout = 0.0
    breaker.call(fine)
    assert heard.said == ["open>half-open", "before", "half-open>closed", "success"]


def test_it_logs_nothing_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fail(make(fail_max=1))
    assert caplog.records == []
