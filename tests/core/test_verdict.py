from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.breaker import Snapshot, State
from monitor.core.order import Mode
from monitor.core.outcome import Category
from monitor.core.standing import Standing
from monitor.core.verdict import Verdict, Weight, verdict_of
from tests.clock import START
from tests.examples import CLOSED, HALF_OPEN, OPEN, THROTTLED, a_standing, an_endpoint

CHAT = an_endpoint(every=60.0)


def test_a_healthy_endpoint_may_be_called() -> None:
    now = START + timedelta(seconds=12.3456)
    assert verdict_of(a_standing(Category.OK), CHAT, now=now, next_in=47.6544) == Verdict(
        endpoint="chat",
        allow=True,
        state=State.CLOSED,
        mode=Mode.AUTO,
        unknown=False,
        reason="",
        retry_after=None,
        evidence_age=12.346,
        valid_for=57.654,
        epoch=0,
        evidence=Weight.THIN,
    )


@pytest.mark.parametrize("breaker", [OPEN, HALF_OPEN, THROTTLED])
def test_a_breaker_that_is_not_closed_says_no_why_and_until_when(breaker: Snapshot) -> None:
    standing = a_standing(Category.SERVER_ERROR, breaker)
    verdict = verdict_of(standing, CHAT, now=START, next_in=7.5)
    assert not verdict.allow
    assert (verdict.state, verdict.reason, verdict.retry_after) == (
        breaker.state,
        breaker.reason,
        7.5,
    )
    assert (verdict.valid_for, verdict.epoch) == (17.5, breaker.epoch)


def test_a_good_trial_does_not_allow_yet() -> None:
    assert not verdict_of(a_standing(Category.OK, HALF_OPEN), CHAT, now=START, next_in=1.0).allow


@pytest.mark.parametrize(
    "category", [Category.CREDENTIAL, Category.MISCONFIGURED, Category.BLOCKED]
)
def test_our_own_trouble_stops_nobody_and_is_told(category: Category) -> None:
    standing = a_standing(category)
    verdict = verdict_of(standing, CHAT, now=START, next_in=1.0)
    assert verdict.allow
    assert verdict.unknown
    assert verdict.reason == standing.reason != ""


def test_without_evidence_it_is_allowed_and_unknown() -> None:
    verdict = verdict_of(Standing("chat"), CHAT, now=START, next_in=3.0)
    assert (verdict.allow, verdict.unknown, verdict.evidence_age) == (True, True, None)
    assert verdict.reason == "not probed yet"


def test_old_evidence_is_unknown_and_its_age_is_told() -> None:
    now = START + timedelta(hours=1)
    verdict = verdict_of(a_standing(Category.OK), CHAT, now=now, next_in=1.0)
    assert (verdict.allow, verdict.unknown, verdict.evidence_age) == (True, True, 3600.0)


@pytest.mark.parametrize(("next_in", "wait"), [(None, 60.0), (0.0, 0.0), (-5.0, 0.0), (3.0, 3.0)])
def test_a_refusal_lasts_until_the_next_probe(next_in: float | None, wait: float) -> None:
    verdict = verdict_of(a_standing(Category.OK, OPEN), CHAT, now=START, next_in=next_in)
    assert verdict.retry_after == wait
    assert verdict.valid_for == wait + CHAT.request.timeout


def test_who_is_held_until_later_is_not_asked_at_its_usual_time() -> None:
    held = a_standing(Category.OK, replace(THROTTLED, taken_at=START))
    verdict = verdict_of(held, CHAT, now=START + timedelta(seconds=10), next_in=0.5)
    assert (verdict.retry_after, verdict.valid_for) == (20.0, 20.0 + CHAT.request.timeout)


def test_a_clock_that_stepped_back_makes_no_negative_age() -> None:
    now = START - timedelta(hours=1)
    verdict = verdict_of(a_standing(Category.OK), CHAT, now=now, next_in=1.0)
    assert verdict.evidence_age == 0.0


def test_the_epoch_is_the_breakers() -> None:
    standing = a_standing(Category.OK, replace(CLOSED, epoch=7))
    assert verdict_of(standing, CHAT, now=START, next_in=1.0).epoch == 7
