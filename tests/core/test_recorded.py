"""An outcome that was recorded comes out of the judge as it went in; numbers may be judged anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.exchange import Fault
from monitor.core.outcome import EFFECTS, Category, Effect, Expectation, Outcome, judged
from monitor.core.recorded import exchange_of
from tests.clock import START
from tests.examples import an_outcome


def again(outcome: Outcome, expectation: Expectation | None = None) -> Outcome:
    hoped = expectation or Expectation(within=1.0)
    exchange = exchange_of(outcome)
    return judged(outcome.endpoint, exchange, hoped, due=outcome.due, now=outcome.at)


@pytest.mark.parametrize("category", list(Category))
def test_every_category_is_judged_as_it_was(category: Category) -> None:
    latency = 2.0 if category is Category.SLOW else 0.5
    recorded = replace(an_outcome(category), latency=latency, detail="blocked by x")
    found = again(recorded)
    assert (found.category, found.effect) == (category, EFFECTS[category])


def test_what_a_conversation_complained_of_stays_its_complaint() -> None:
    recorded = replace(an_outcome(Category.MISCONFIGURED), status=101, detail="no such app")
    found = again(recorded, Expectation(status=frozenset({101})))
    assert found.category is Category.MISCONFIGURED


def test_a_hint_to_wait_is_kept_to_the_moment() -> None:
    recorded = replace(an_outcome(Category.THROTTLED), retry_after=12.25, detail="HTTP 429: slow")
    found = again(recorded)
    assert (found.retry_after, found.detail) == (12.25, "HTTP 429: slow")


def test_silence_keeps_its_fault() -> None:
    recorded = replace(an_outcome(Category.UNREACHABLE), fault=Fault.TLS, at=START + timedelta(1))
    assert again(recorded).fault is Fault.TLS


def test_other_settings_judge_the_numbers_anew() -> None:
    slow = replace(an_outcome(Category.OK), latency=3.0)
    assert again(slow, Expectation(within=2.0)).category is Category.SLOW
    assert again(replace(slow, category=Category.SLOW), Expectation()).category is Category.OK
    refused = an_outcome(Category.REQUEST_FAILED)
    assert again(refused, Expectation(count=frozenset({402}))).effect is Effect.FAILURE
    counted = replace(refused, effect=Effect.FAILURE)
    assert again(counted, Expectation()).effect is Effect.NEUTRAL
    gone = an_outcome(Category.MISCONFIGURED)
    assert again(gone, Expectation(status=frozenset({404}))).category is Category.OK
