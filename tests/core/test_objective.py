"""How few failed probes it takes: the table that burn rates of synthetic probes rest on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.objective import BurnRule, Objective, burn_of_one, failures_to_fire

H = 3600
FAST = BurnRule(14.4, H, 300)
RULES = (FAST, BurnRule(6, 6 * H, 1800), BurnRule(3, 24 * H, 2 * H), BurnRule(1, 72 * H, 6 * H))
THREE_NINES = Objective(99.9)


@pytest.mark.parametrize(
    ("every", "failures"),
    [
        (15, (4, 9, 18, 18)),
        (30, (2, 5, 9, 9)),
        (60, (1, 3, 5, 5)),
        (300, (1, 1, 1, 1)),
    ],
)
def test_the_failed_probes_that_fire_a_rule_of_three_nines(
    every: float, failures: tuple[int, ...]
) -> None:
    assert tuple(failures_to_fire(every, THREE_NINES, rule) for rule in RULES) == failures


@pytest.mark.parametrize(
    ("target", "every", "rule", "failures"),
    [
        (99.5, 60, BurnRule(6, 6 * H, 1800), 11),
        (99.5, 60, BurnRule(10, 6 * H, 1800), 19),  # exactly 18 are not over it
        (99.9, 36, BurnRule(10, H, 300), 2),  # exactly one is not
        (99.9, 36.001, BurnRule(10, H, 300), 1),
        (99.95, 43.2, BurnRule(1, 24 * H, H), 2),
        (90, 7.2, BurnRule(0.1, 72 * H, H), 361),
    ],
)
def test_what_is_exactly_at_the_limit_is_not_over_it(
    target: float, every: float, rule: BurnRule, failures: int
) -> None:
    assert failures_to_fire(every, Objective(target), rule) == failures


def test_the_burn_of_one_failed_probe_is_as_the_text_books_have_it() -> None:
    assert round(float(burn_of_one(60, THREE_NINES, FAST)), 1) == 16.7


@given(
    target=st.integers(1, 9999).map(lambda n: n / 100),
    every=st.integers(1, 3600),
    over=st.integers(1, 500).map(lambda n: n / 10),
    long=st.integers(60, 600_000),
)
def test_one_fewer_is_not_over_and_so_many_are(
    target: float, every: int, over: float, long: int
) -> None:
    rule, objective = BurnRule(over, long, 60), Objective(target)
    number = failures_to_fire(every, objective, rule)
    one = burn_of_one(every, objective, rule)
    assert (number - 1) * one <= over + 1e-12
    assert number * one > over
