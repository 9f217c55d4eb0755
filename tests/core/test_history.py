import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.history import (
    HOUR,
    MINUTE,
    Rollup,
    availability,
    bin_of,
    fold,
    merge,
    percentile,
    regroup,
)
from monitor.core.outcome import Category, Effect, Outcome
from tests.stores import at, outcome

some_outcomes = st.builds(
    outcome,
    category=st.sampled_from(Category),
    effect=st.sampled_from(Effect),
    latency=st.none() | st.floats(0, 300),
)
many = st.lists(some_outcomes, max_size=20)


@given(st.lists(many, max_size=5))
def test_a_rollup_of_rollups_is_the_rollup_of_the_outcomes(parts: list[list[Outcome]]) -> None:
    together = [outcome for part in parts for outcome in part]
    assert merge(fold(part) for part in parts) == fold(together)


@given(many, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(some: list[Outcome], dice: object) -> None:
    shuffled = list(some)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(some)


@given(
    st.lists(st.tuples(st.integers(0, 400).map(lambda n: n * MINUTE), many.map(fold)), max_size=8)
)
def test_hours_made_of_minutes_lose_nothing(minutes: list[tuple[int, Rollup]]) -> None:
    hours = regroup(minutes, HOUR)
    assert [start for start, _ in hours] == sorted({start // HOUR * HOUR for start, _ in minutes})
    assert merge(rollup for _, rollup in hours) == merge(rollup for _, rollup in minutes)
    assert regroup(regroup(minutes, 600), HOUR) == hours


@given(many)
def test_every_outcome_is_counted_once(some: list[Outcome]) -> None:
    rollup = fold(some)
    assert sum(rollup.counts.values()) == len(some)
    assert rollup.good == sum(o.effect is Effect.SUCCESS for o in some)
    assert rollup.bad == sum(o.effect is Effect.FAILURE for o in some)


@given(st.lists(st.floats(0, 300), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_within_one_bin_of_the_truth(latencies: list[float], share: float) -> None:
    rollup = fold(outcome(latency=latency) for latency in latencies)
    truth = sorted(latencies)[max(1, math.ceil(share * len(latencies))) - 1]
    found = percentile(rollup, share)
    assert found is not None
    assert min(latencies) <= found <= max(latencies)
    assert abs(found - truth) <= max(1e-4, 0.19 * max(found, truth))


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_bins_follow_the_latency(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= bin_of(low) <= bin_of(high) <= 88


def test_percentiles_speak_of_successes_only() -> None:
    failed = outcome(category=Category.UNREACHABLE, effect=Effect.FAILURE, latency=10.0)
    assert percentile(fold([outcome(latency=0.2), failed]), 0.99) == pytest.approx(0.2)
    assert percentile(fold([failed]), 0.5) is None


def test_what_is_neutral_does_not_count_for_availability() -> None:
    refused = outcome(category=Category.CREDENTIAL, effect=Effect.NEUTRAL)
    failed = outcome(category=Category.SERVER_ERROR, effect=Effect.FAILURE)
    assert availability(fold([outcome(), outcome(), failed, refused])) == pytest.approx(2 / 3)
    assert availability(fold([refused])) is None
    assert availability(Rollup()) is None


def test_a_success_without_a_latency_is_counted_but_not_timed() -> None:
    rollup = fold([outcome(latency=None), outcome(due=1)])
    assert (rollup.good, rollup.shortest, sum(rollup.latencies.values())) == (2, 0.1, 1)
    assert outcome(due=1).due == at(1)
