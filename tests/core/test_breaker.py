from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.core.breaker import MOVES, Move, Policy, State, lengthened, open_time, trips_remembered

POLICY = Policy(reset_timeout=10.0, factor=2.0, max_open=300.0, jitter=0.1)


def no_jitter(low: float, _: float) -> float:
    return low


def most_jitter(_: float, high: float) -> float:
    return high


# ---------------------------------------------------------------- the machine


def test_the_machine_has_four_moves_and_no_others() -> None:
    assert dict(MOVES) == {
        (State.CLOSED, State.OPEN): Move.TRIP,
        (State.OPEN, State.HALF_OPEN): Move.TRIAL,
        (State.HALF_OPEN, State.OPEN): Move.RETRIP,
        (State.HALF_OPEN, State.CLOSED): Move.RESET,
    }
    assert set(MOVES.values()) == set(Move)


def test_the_machine_can_come_back_from_everywhere() -> None:
    def reachable(start: State) -> Iterator[State]:
        seen, ahead = {start}, [start]
        while ahead:
            here = ahead.pop()
            yield here
            found = {after for before, after in MOVES if before is here} - seen
            seen |= found
            ahead += found

    for state in State:
        assert set(reachable(state)) == set(State)


# ---------------------------------------------------------------- the open time


@pytest.mark.parametrize(
    ("trips", "seconds"),
    [(0, 10), (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (7, 300), (10_000, 300)],
)
def test_each_trip_keeps_it_open_longer_up_to_a_cap(trips: int, seconds: float) -> None:
    assert open_time(POLICY, trips, hint=None, uniform=no_jitter) == seconds


@pytest.mark.parametrize(
    ("hint", "seconds"),
    [(None, 40.0), (0.0, 40.0), (39.0, 40.0), (41.0, 41.0), (3600.0, 3600.0)],
)
def test_a_hint_lengthens_even_beyond_the_cap_and_never_shortens(
    hint: float | None, seconds: float
) -> None:
    assert open_time(POLICY, 3, hint=hint, uniform=no_jitter) == seconds


def test_jitter_is_a_share_of_the_whole_wait() -> None:
    assert open_time(POLICY, 1, hint=None, uniform=most_jitter) == pytest.approx(11.0)
    assert open_time(POLICY, 1, hint=100.0, uniform=most_jitter) == pytest.approx(110.0)


POLICIES = st.builds(
    Policy,
    reset_timeout=st.floats(0.05, 600),
    factor=st.floats(1, 10),
    max_open=st.floats(0.05, 86_400),
    jitter=st.floats(0, 1),
)
TRIPS = st.integers(0, 100_000)
HINTS = st.none() | st.floats(0, 3600)
SHARES = st.floats(0, 1)


@given(POLICIES, TRIPS, HINTS, SHARES)
def test_jitter_and_hints_only_add(
    policy: Policy, trips: int, hint: float | None, share: float
) -> None:
    plain = open_time(policy, trips, hint=None, uniform=no_jitter)
    wait = open_time(policy, trips, hint=hint, uniform=lambda a, b: a + share * (b - a))
    assert wait >= plain
    assert wait >= (hint or 0.0)
    assert plain <= policy.max_open


@given(POLICIES, TRIPS, HINTS)
def test_a_further_trip_never_waits_less(policy: Policy, trips: int, hint: float | None) -> None:
    one = open_time(policy, trips, hint=hint, uniform=no_jitter)
    another = open_time(policy, trips + 1, hint=hint, uniform=no_jitter)
    assert another >= one


@given(st.floats(0, 1e6), HINTS)
def test_a_late_hint_never_shortens(remaining: float, hint: float | None) -> None:
    wait = lengthened(remaining, hint)
    assert wait >= remaining
    assert wait in (remaining, hint)


# ---------------------------------------------------------------- forgetting


@pytest.mark.parametrize(
    ("trips", "closed_for", "left"),
    [
        (0, 1e9, 0),
        (3, 0.0, 3),
        (3, 299.9, 3),
        (3, 300.0, 2),
        (3, 599.9, 2),
        (3, 600.0, 1),
        (3, 900.0, 0),
        (3, 1e9, 0),
    ],
)
def test_trips_are_forgotten_one_by_one_while_healthy(
    trips: int, closed_for: float, left: int
) -> None:
    assert trips_remembered(POLICY, trips, closed_for) == left


@given(TRIPS, st.floats(0, 1e9), st.floats(0, 1e9))
def test_more_healthy_time_never_remembers_more(trips: int, some: float, more: float) -> None:
    assume(some <= more)
    after_some = trips_remembered(POLICY, trips, some)
    assert 0 <= trips_remembered(POLICY, trips, more) <= after_some <= trips
