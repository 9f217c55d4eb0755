import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.breaker import Policy, Snapshot, State
from monitor.core.cadence import next_on_grid, pause, phase_of, sooner_than_grid
from tests.examples import CLOSED, HALF_OPEN, OPEN

NAMES = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)
INTERVALS = st.integers(200, 86_400_000).map(lambda ms: ms / 1000)
"""0.2 s to a day, in whole milliseconds."""
TIMES = st.floats(1.6e9, 4.2e9)
"""Unix seconds from 2020 to 2103."""


# ---------------------------------------------------------------- the grid


@given(NAMES, INTERVALS)
def test_the_phase_is_a_place_within_the_interval(name: str, every: float) -> None:
    phase = phase_of(name, every)
    assert 0 <= phase < every
    assert phase == round(phase, 3)


def test_the_phase_stays_the_same_over_restarts_and_machines() -> None:
    assert phase_of("envs-manager-status", 60.0) == 49.893
    assert phase_of("chat-rest", 60.0) == 12.54


def test_a_thousand_endpoints_are_spread_evenly() -> None:
    tenths = [0] * 10
    for number in range(1000):
        tenths[int(phase_of(f"endpoint-{number}", 60.0) // 6)] += 1
    assert min(tenths) > 60
    assert max(tenths) < 140


@given(NAMES, INTERVALS, TIMES)
def test_the_next_due_time_is_later_and_within_one_interval(
    name: str, every: float, now: float
) -> None:
    due = next_on_grid(now, every, phase_of(name, every))
    assert now < due <= now + every + 0.0011
    assert due == round(due, 3)


@given(NAMES, INTERVALS, TIMES)
def test_a_due_time_is_followed_by_the_one_an_interval_later(
    name: str, every: float, now: float
) -> None:
    phase = phase_of(name, every)
    due = next_on_grid(now, every, phase)
    assert next_on_grid(due, every, phase) == pytest.approx(due + every, abs=1e-6)


@given(NAMES, INTERVALS, st.integers(1_600_000_000, 4_200_000_000), st.data())
def test_the_grid_is_the_same_from_wherever_it_is_looked_at(
    name: str, every: float, start: int, data: st.DataObject
) -> None:
    """No drift: asking at any moment between two due times gives the same next one."""
    phase = phase_of(name, every)
    due = next_on_grid(start, every, phase)
    late = data.draw(st.floats(0.001, every - 0.002))
    assert next_on_grid(due + late, every, phase) == pytest.approx(due + every, abs=1e-6)


@pytest.mark.parametrize("every", [0.2, 0.333, 1.0, 7.3, 60.0])
def test_ten_thousand_steps_later_the_grid_is_where_it_began(every: float) -> None:
    phase = phase_of("chat", every)
    first = due = next_on_grid(1.79e9, every, phase)
    for _ in range(10_000):
        after = next_on_grid(due, every, phase)
        assert after > due
        due = after
    assert due == pytest.approx(first + 10_000 * every, abs=1e-6)


@pytest.mark.parametrize("moment", [1.79e9, 1.79e9 + 0.0004, 1.79e9 + 59.9996])
def test_a_restart_finds_the_old_place(moment: float) -> None:
    due = next_on_grid(moment, 60.0, phase_of("chat-rest", 60.0))
    assert due % 60 == pytest.approx(12.54, abs=1e-6)


# ---------------------------------------------------------------- the exceptions

POLICY = Policy(confirm_after=5.0)


@pytest.mark.parametrize(
    ("breaker", "every", "undecided", "seconds"),
    [
        (CLOSED, 60.0, False, None),
        (CLOSED, 60.0, True, 5.0),
        (CLOSED, 2.0, True, 2.0),
        (OPEN, 60.0, False, 10.0),
        (OPEN, 60.0, True, 10.0),
        (OPEN, 2.0, False, 10.0),
        (Snapshot(state=State.OPEN, retry_after=0.0), 60.0, False, 0.001),
        (Snapshot(state=State.OPEN, retry_after=-1.0), 60.0, False, 0.001),
        (Snapshot(state=State.OPEN, retry_after=None), 60.0, False, 0.001),
        (Snapshot(state=State.OPEN, retry_after=0.0002), 60.0, False, 0.001),
        (Snapshot(state=State.OPEN, retry_after=3.0012), 60.0, False, 3.002),
        (Snapshot(state=State.OPEN, retry_after=3.002), 60.0, False, 3.002),
        (HALF_OPEN, 60.0, True, 5.0),
        (HALF_OPEN, 2.0, True, 2.0),
        (HALF_OPEN, 60.0, False, None),
    ],
)
def test_cadence_follows_state(
    breaker: Snapshot, every: float, undecided: bool, seconds: float | None
) -> None:
    assert sooner_than_grid(breaker, POLICY, every, undecided=undecided) == seconds


@pytest.mark.parametrize(("state", "undecided"), list(itertools.product(State, [True, False])))
def test_nothing_is_ever_due_in_the_past(state: State, undecided: bool) -> None:
    wait = sooner_than_grid(Snapshot(state=state), POLICY, 60.0, undecided=undecided)
    assert wait is None or wait >= 0


# ---------------------------------------------------------------- a rejected credential


@pytest.mark.parametrize(
    ("every", "refusals", "seconds"),
    [
        (60.0, 2, 120.0),
        (60.0, 3, 240.0),
        (60.0, 4, 480.0),
        (60.0, 5, 900.0),
        (60.0, 10_000, 900.0),
        (3600.0, 2, 3600.0),
    ],
)
def test_a_rejected_credential_is_shown_less_and_less(
    every: float, refusals: int, seconds: float
) -> None:
    assert pause(every, refusals) == seconds
