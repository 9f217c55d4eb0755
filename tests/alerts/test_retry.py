import pytest

from alerts.attempt import Attempt, Result
from alerts.retry import ASK_AGAIN, CAP, backoff, ceiling, channel_wait, left_of
from tests.alerts.kit import DENIED, DOWN, throttled


def lowest(low: float, _high: float) -> float:
    return low


def highest(_low: float, high: float) -> float:
    return high


@pytest.mark.parametrize(
    ("failures", "longest"), [(0, 2), (1, 2), (2, 4), (3, 8), (8, 256), (9, CAP), (10**9, CAP)]
)
def test_the_wait_doubles_up_to_a_cap(failures: int, longest: float) -> None:
    assert ceiling(failures) == longest
    assert backoff(failures, highest) == longest


def test_jitter_is_full() -> None:
    assert backoff(5, lowest) == 0.0


@pytest.mark.parametrize("hint", [0.0, 0.5, 30.0, 3600.0])
def test_a_hint_is_never_shortened_and_jitter_comes_after_it(hint: float) -> None:
    assert channel_wait(throttled(hint), 1, lowest) == hint
    assert channel_wait(throttled(hint), 1, highest) == hint + 2.0


def test_throttling_without_a_hint_still_makes_us_wait() -> None:
    assert channel_wait(throttled(None), 3, lowest) == 8.0


def test_a_misconfigured_channel_is_asked_seldom() -> None:
    assert channel_wait(DENIED, 1, lowest) == ASK_AGAIN


def test_an_unreachable_channel_is_backed_off() -> None:
    assert channel_wait(DOWN, 3, highest) == 8.0
    assert channel_wait(Attempt(Result.UNKNOWN), 3, highest) == 8.0


@pytest.mark.parametrize(
    ("not_before", "since", "now", "left"),
    [
        (None, 0, 0, 0.0),
        (10_000, 0, 0, 10.0),
        (10_000, 0, 4_000, 6.0),
        (10_000, 0, 99_000, 0.0),
        (10_000, 0, -3_600_000, 10.0),  # the clock was stepped back by an hour
        (5_000, 9_000, 0, 0.0),
    ],
)
def test_a_wait_read_back_is_never_longer_than_it_was(
    not_before: int | None, since: int, now: int, left: float
) -> None:
    assert left_of(not_before, since, now) == left
