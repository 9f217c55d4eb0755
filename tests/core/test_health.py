from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.breaker import Snapshot
from monitor.core.health import WORST_FIRST, Health, Status, health_of, platform, worst
from monitor.core.outcome import Category, Effect
from tests.examples import CLOSED, HALF_OPEN, OPEN, THROTTLED, an_outcome

# ---------------------------------------------------------------- one endpoint


@pytest.mark.parametrize(
    ("category", "health"),
    [
        (Category.OK, Health.OPERATIONAL),
        (Category.SLOW, Health.OPERATIONAL),
        (Category.THROTTLED, None),
        (Category.SERVER_ERROR, None),
        (Category.UNREACHABLE, None),
        (Category.UNEXPECTED, None),
        (Category.REQUEST_FAILED, Health.DEGRADED),
        (Category.CREDENTIAL, Health.BLOCKED),
        (Category.LICENCE, Health.BLOCKED),
        (Category.PERMISSION, Health.BLOCKED),
        (Category.MISCONFIGURED, Health.MISCONFIGURED),
        (Category.BLOCKED, Health.BLOCKED),
    ],
)
def test_a_closed_breaker_shows_the_health_of_the_table(
    category: Category, health: Health | None
) -> None:
    assert health_of(CLOSED, an_outcome(category)) is health


@pytest.mark.parametrize(
    ("breaker", "health"),
    [(OPEN, Health.DOWN), (HALF_OPEN, Health.DOWN), (THROTTLED, Health.THROTTLED)],
)
@pytest.mark.parametrize("category", [c for c in Category if c is not Category.BLOCKED])
def test_a_breaker_that_is_not_closed_decides(
    breaker: Snapshot, health: Health, category: Category
) -> None:
    assert health_of(breaker, an_outcome(category)) is health


@pytest.mark.parametrize("breaker", [CLOSED, OPEN, HALF_OPEN, THROTTLED])
def test_what_is_blocked_is_blocked_whatever_its_own_breaker_remembers(breaker: Snapshot) -> None:
    assert health_of(breaker, an_outcome(Category.BLOCKED)) is Health.BLOCKED


@pytest.mark.parametrize("category", [Category.OK, Category.SLOW])
def test_too_much_that_is_slow_is_degraded_whatever_the_last_one_was(category: Category) -> None:
    slow = Snapshot(slow=True)
    assert health_of(slow, an_outcome(category)) is Health.DEGRADED
    assert health_of(slow, an_outcome(Category.SERVER_ERROR)) is None
    assert health_of(slow, an_outcome(Category.CREDENTIAL)) is Health.BLOCKED


@pytest.mark.parametrize("category", [Category.REQUEST_FAILED, Category.MISCONFIGURED])
def test_a_refusal_that_counts_as_a_failure_waits_for_the_breaker_like_one(
    category: Category,
) -> None:
    counted = an_outcome(category, effect=Effect.FAILURE)
    assert health_of(CLOSED, counted) is None
    assert health_of(OPEN, counted) is Health.DOWN


# ---------------------------------------------------------------- groups


def test_every_health_has_a_rank() -> None:
    assert sorted(WORST_FIRST) == sorted(Health)


@given(st.lists(st.sampled_from(Health), min_size=1))
def test_a_group_is_as_well_as_its_worst_member(healths: list[Health]) -> None:
    assert worst(healths) is min(healths, key=WORST_FIRST.index)


def test_an_empty_group_is_unknown() -> None:
    assert worst([]) is Health.UNKNOWN


# ---------------------------------------------------------------- the platform

UP, DOWN, UNKNOWN = Health.OPERATIONAL, Health.DOWN, Health.UNKNOWN
CRITICAL, SIDE = True, False


@pytest.mark.parametrize(
    ("endpoints", "status"),
    [
        ([], Status.UNKNOWN),
        ([(UNKNOWN, CRITICAL), (UNKNOWN, SIDE)], Status.UNKNOWN),
        ([(UP, CRITICAL)], Status.OPERATIONAL),
        ([(UP, CRITICAL), (UNKNOWN, CRITICAL)], Status.OPERATIONAL),
        ([(UP, CRITICAL), (UNKNOWN, CRITICAL), (UNKNOWN, SIDE)], Status.UNKNOWN),
        ([(Health.DEGRADED, CRITICAL), (UP, CRITICAL)], Status.DEGRADED),
        ([(Health.DEGRADED, SIDE), (UP, CRITICAL)], Status.DEGRADED),
        ([(Health.THROTTLED, CRITICAL)], Status.DEGRADED),
        ([(Health.BLOCKED, CRITICAL)], Status.DEGRADED),
        ([(Health.MISCONFIGURED, CRITICAL)], Status.DEGRADED),
        ([(DOWN, CRITICAL)], Status.MAJOR_OUTAGE),
        ([(DOWN, CRITICAL), (DOWN, CRITICAL), (UP, SIDE)], Status.MAJOR_OUTAGE),
        ([(DOWN, CRITICAL), (UP, CRITICAL)], Status.PARTIAL_OUTAGE),
        ([(DOWN, CRITICAL), (UNKNOWN, CRITICAL)], Status.PARTIAL_OUTAGE),
        ([(DOWN, CRITICAL), (Health.BLOCKED, CRITICAL)], Status.PARTIAL_OUTAGE),
        ([(DOWN, SIDE), (UP, CRITICAL)], Status.DEGRADED),
        ([(DOWN, SIDE)], Status.DEGRADED),
        ([(Health.MAINTENANCE, CRITICAL)], Status.MAINTENANCE),
        ([(Health.MAINTENANCE, CRITICAL), (UP, CRITICAL)], Status.OPERATIONAL),
        ([(Health.MAINTENANCE, CRITICAL), (DOWN, CRITICAL)], Status.MAJOR_OUTAGE),
        ([(Health.MAINTENANCE, CRITICAL), (UNKNOWN, CRITICAL)], Status.UNKNOWN),
    ],
)
def test_the_platform_is_folded_from_its_endpoints(
    endpoints: list[tuple[Health, bool]], status: Status
) -> None:
    assert platform(Counter(endpoints)) is status
