"""Windows beside a plain description: write everything down, and count it again each time."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.breaker import Policy
from monitor.core.category import Category
from monitor.core.evidence import KEPT, Evidence
from monitor.core.grounds import Grounds, Rule
from monitor.core.window import FAILED, GOOD, MOST, NOTHING, SLOW, Rate, Recent, share
from tests.examples import an_outcome

BAD = Category.SERVER_ERROR


def heard(marks: str, *, every: float = 60.0) -> Recent:
    """Return what was heard, one outcome `every` seconds, the last one at 0."""
    first = -every * (len(marks) - 1)
    return Recent(tuple(first + every * n for n in range(len(marks))), marks)


@dataclass(frozen=True)
class Line:
    """One line of the plain description: when, and what."""

    at: float
    mark: str


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 5.0, 60.0, 700.0]), st.sampled_from("..xs")),
        max_size=60,
    ),
    rate=st.builds(
        Rate,
        of=st.integers(2, 12),
        within=st.sampled_from([5.0, 60.0, 600.0]),
        over=st.sampled_from([12.5, 29.0, 40.0, 50.0, 100.0]),
        at_least=st.integers(2, 6),
    ),
    further=st.integers(0, 5),
    after=st.sampled_from([0.0, 5.0, 60.0, 9999.0]),
)
def test_a_window_counts_what_a_recount_of_everything_counts(
    steps: list[tuple[float, str]], rate: Rate, further: int, after: float
) -> None:
    recent, now = NOTHING, 100.0
    everything: list[Line] = []
    for pause, mark in steps:
        now += pause
        recent = recent.heard(mark, now, most=rate.of + further, within=rate.within + further)
        everything.append(Line(now, mark))
        for kind in (FAILED, SLOW, GOOD):
            _compare(recent, rate, everything, kind, now)
        assert len(recent.at) == len(recent.marks) <= rate.of + further
    _compare(recent, rate, everything, FAILED, now + after)


def _compare(recent: Recent, rate: Rate, everything: list[Line], kind: str, now: float) -> None:
    young = [line for line in everything if now - line.at <= rate.within][-rate.of :]
    hits = sum(line.mark == kind for line in young)
    counted = share(recent, rate, kind, now)
    assert (counted.hits, counted.seen) == (hits, len(young))
    enough = len(young) >= rate.at_least
    assert counted.is_enough is enough
    assert counted.is_over is (enough and 100 * hits > rate.over * len(young))


@pytest.mark.parametrize(
    ("marks", "over", "is_over"),
    [
        ("x.x.", 40.0, False),
        ("x.x.x", 40.0, True),
        ("..x.x", 40.0, False),
        ("...x.x.x.x", 40.0, False),
        ("..xx.x.x.x", 40.0, True),
        (".x" * 10, 50.0, False),
        (".x" * 10, 40.0, True),
        ("x" * 20, 100.0, False),
        ("." * 71 + "x" * 29, 29.0, False),
        ("." * 70 + "x" * 30, 29.0, True),
    ],
)
def test_more_than_the_limit_is_more_and_not_as_much(
    marks: str, over: float, is_over: bool
) -> None:
    rate = Rate(of=100, within=1e6, over=over)
    assert share(heard(marks), rate, FAILED, 0.0).is_over is is_over


def test_what_is_exactly_as_old_as_the_window_still_counts() -> None:
    recent = heard("xx")
    assert share(recent, Rate(within=60.0), FAILED, 0.0).hits == 2
    assert share(recent, Rate(within=59.9), FAILED, 0.0).hits == 1


def test_memory_is_bounded_whatever_comes() -> None:
    recent = NOTHING
    for n in range(10 * MOST):
        recent = recent.heard(FAILED, float(n), most=MOST, within=1e9)
    assert len(recent.marks) == len(recent.at) == MOST


def test_on_another_clock_the_ages_are_the_same_and_nothing_is_in_the_future() -> None:
    moved = heard("x.x").moved(1000.0, latest=970.0)
    assert moved == Recent((880.0, 940.0, 970.0), "x.x")


# ---------------------------------------------------------------- evidence

LIMITS = Policy(
    failure_rate=Rate(of=6, within=600.0, over=40.0, at_least=5),
    slow_rate=Rate(of=10, within=600.0, over=50.0, at_least=4),
)


def hear(evidence: Evidence, *categories: Category, policy: Policy = LIMITS) -> Evidence:
    for category in categories:
        now = evidence.recent.at[-1] + 60.0 if evidence.recent.at else 0.0
        evidence.hear(an_outcome(category), policy, now)
    return evidence


def test_a_success_can_complete_the_evidence() -> None:
    evidence = hear(Evidence(), BAD, BAD, Category.OK, BAD)
    assert evidence.over(LIMITS, 180.0) is None
    hear(evidence, Category.OK)
    found = evidence.over(LIMITS, 240.0)
    assert found is not None
    grounds, samples = found
    assert grounds == Grounds(Rule.FAILURE_RATE, 3, 5, 40.0, 600.0)
    assert [one.category for one in samples] == [BAD] * 3


def test_too_much_is_slow_until_only_half_of_that_is() -> None:
    evidence, seen = Evidence(), ""
    for mark in "sss..ss.s........":
        hear(evidence, Category.SLOW if mark == "s" else Category.OK)
        seen += "!" if evidence.slow else "."
    assert seen == "...!!!!!!!!!!!!..", "it begins above a half of ten, and ends at a quarter"


def test_slow_opens_nothing_unless_it_is_to() -> None:
    evidence = hear(Evidence(), *[Category.SLOW] * 8)
    assert evidence.slow
    assert evidence.over(LIMITS, 480.0) is None
    found = evidence.over(Policy(slow_rate=LIMITS.slow_rate, slow_opens=True), 480.0)
    assert found is not None
    assert (found[0].rule, len(found[1])) == (Rule.SLOW_RATE, 8)


def test_samples_are_bounded_and_forgotten_with_the_last_bad_mark() -> None:
    policy = Policy(
        failure_rate=Rate(of=15, within=9999.0), slow_rate=Rate(of=2, over=50.0, at_least=2)
    )
    evidence = hear(Evidence(), *[BAD] * 15, policy=policy)
    assert len(evidence.samples) == KEPT
    hear(evidence, *[Category.OK] * 14, policy=policy)
    assert len(evidence.samples) == KEPT
    hear(evidence, Category.OK, policy=policy)
    assert evidence.samples == ()
