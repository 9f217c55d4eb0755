"""Signals followed over time: releases, restarts, and what is said of services."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.event import Event, Kind
from monitor.core.exchange import Reply
from monitor.core.health import Health
from monitor.core.incident import Severity, trouble_of
from monitor.core.outcome import Category, Effect, Expectation, judged
from monitor.core.signals import (
    MOST,
    RELEASE_UNSEEN,
    START_UNSEEN,
    Followed,
    Otherwise,
    Service,
    Signals,
    follow,
    happened,
    is_news,
)
from monitor.core.standing import Standing, advance, worth_keeping
from tests.clock import START
from tests.examples import CLOSED, an_endpoint

OK, BAD = Service("db", "ok", well=True), Service("db", "lost", well=False)


def told(release: str = "", started: str = "", *services: Service, **more: object) -> Signals:
    return Signals("us", release, started, services, **more)  # type: ignore[arg-type]


def events(*story: Signals | None) -> list[Event]:
    """Follow a story, and return what happened in it."""
    now = Followed()
    found: list[Event] = []
    for one in story:
        before, now = now, follow(now, one)
        found += happened(before, now, "status", START)
    return found


def kinds(*story: Signals | None) -> list[str]:
    return [one.kind.value for one in events(*story)]


def test_what_is_seen_for_the_first_time_is_no_event() -> None:
    assert events(told("1.17", "10:00", BAD)) == []


def test_another_version_is_a_release_and_another_start_a_restart() -> None:
    release, restart = events(told("1.17", "10:00"), told("1.18", "11:00"))
    assert (release.kind, release.endpoint, release.at) == (Kind.RELEASE, "status", START)
    assert (release.text, release.data) == ("1.17 became 1.18", {"before": "1.17", "after": "1.18"})
    assert (restart.kind, restart.text) == (Kind.RESTART, "started at 11:00")


def test_a_reply_that_tells_nothing_forgets_nothing() -> None:
    assert kinds(told("1.17"), None, told(""), told("1.17")) == []
    assert kinds(told("1.17"), None, told("1.18")) == ["release"]


def test_two_versions_during_a_rollout_are_one_release() -> None:
    rollout = [told("1.18"), told("1.17"), told("1.17"), told("1.18"), told("1.17")] * 3
    assert kinds(told("1.17"), *rollout, *[told("1.18")] * 30) == ["release"]


def test_a_release_that_is_taken_back_is_an_event_too() -> None:
    assert kinds(told("1.17"), told("1.18"), *[told("1.17")] * (RELEASE_UNSEEN - 1)) == ["release"]
    back = events(told("1.17"), told("1.18"), *[told("1.17")] * RELEASE_UNSEEN)
    assert [one.text for one in back] == ["1.17 became 1.18", "1.18 became 1.17"]


def test_one_that_is_taken_back_much_later_is_seen_at_once() -> None:
    story = [told("1.17"), *[told("1.18")] * (RELEASE_UNSEEN + 1), told("1.17")]
    assert kinds(*story) == ["release", "release"]


def test_an_instance_that_goes_away_is_no_restart() -> None:
    story = [told("", "a"), told("", "b"), *[told("", "a")] * (START_UNSEEN + 5)]
    assert kinds(*story) == ["restart"], "only b, when it was new"


def test_another_source_begins_anew() -> None:
    other = Signals("them", "2.0", "12:00", (BAD,))
    assert events(told("1.17", "10:00", OK), other) == []
    back = Signals("them", "1.17", "12:00", (BAD,))
    assert kinds(told("1.17", "10:00", OK), other, back) == ["release"], "nothing is left of ours"


@given(st.lists(st.sampled_from("abcde"), max_size=300))
def test_instances_side_by_side_never_make_more_restarts_than_there_are(story: list[str]) -> None:
    """However a handful of instances take turns, each is new once, until it is long gone."""
    found = events(*(told("", value) for value in story))
    if len(story) <= START_UNSEEN:
        assert len(found) <= max(len(set(story)) - 1, 0)
    assert all(one.data["before"] != one.data["after"] for one in found)


def test_what_is_remembered_is_bounded() -> None:
    now = Followed()
    for n in range(10 * MOST):
        now = follow(now, told("", str(n)))
    assert len(now.started.others) <= MOST


def test_a_service_that_is_no_longer_well_and_its_recovery_are_events() -> None:
    lost, well = events(told("", "", OK), told("", "", BAD), told("", "", BAD), told("", "", OK))
    assert (lost.kind, lost.text, lost.data) == (Kind.SERVICES, "db says lost", {"db": "lost"})
    assert well.text == "db says ok"


def test_another_word_that_means_the_same_is_no_event() -> None:
    worse = Service("db", "gone", well=False)
    assert kinds(told("", "", BAD), told("", "", worse)) == []
    new = Service("cache", "ok", well=True)
    assert kinds(told("", "", OK), told("", "", OK, new)) == []


def test_nothing_new_costs_nothing() -> None:
    now = follow(Followed(), told("1.17", "10:00", OK))
    assert follow(now, told("1.17", "10:00", OK)) is now
    assert follow(now, None) is now
    assert not is_news(now, now)


def test_what_a_restart_must_know_is_news_and_what_flickers_is_not() -> None:
    now = follow(Followed(), told("1.17", "a", OK))
    assert is_news(Followed(), now)
    flickering = follow(follow(now, told("1.17", "b", OK)), told("1.17", "a", OK))
    again = follow(flickering, told("1.17", "b", OK))
    assert again is not flickering
    assert not is_news(flickering, again)
    assert not is_news(now, follow(now, told("1.17", "a", Service("db", "fine", well=True))))


# ---------------------------------------------------------------- what it does to an outcome


def test_a_service_that_is_not_well_impairs_and_trips_nothing() -> None:
    outcome = judged(
        "status",
        Reply(200),
        Expectation(signals=lambda _: told("1", "2", BAD, Service("x", "up", well=True))),
        due=START,
        now=START,
    )
    assert (outcome.category, outcome.effect) == (Category.IMPAIRED, Effect.SUCCESS)
    assert outcome.detail == "db says lost"


@pytest.mark.parametrize(
    ("otherwise", "category", "health"),
    [
        (Otherwise.DEGRADED, Category.IMPAIRED, Health.DEGRADED),
        (Otherwise.UNKNOWN, Category.OK, Health.UNKNOWN),
        (Otherwise.IGNORE, Category.OK, Health.OPERATIONAL),
    ],
)
def test_any_other_word_is_what_the_configuration_says(
    otherwise: Otherwise, category: Category, health: Health
) -> None:
    endpoint = an_endpoint("status")
    signals = told("1", "2", BAD, otherwise=otherwise)
    outcome = judged(
        "status", Reply(200), Expectation(signals=lambda _: signals), due=START, now=START
    )
    standing = Standing("status")
    for _ in range(3):
        standing = advance(standing, outcome, CLOSED, endpoint)
    assert (outcome.category, standing.health) == (category, health)
    assert standing.reason == ("" if otherwise is Otherwise.IGNORE else "db says lost")
    trouble = trouble_of(standing, endpoint)
    assert (trouble is not None) == (otherwise is Otherwise.DEGRADED)
    if trouble is not None:
        assert (trouble.severity, trouble.reason) == (Severity.WARNING, "db says lost")


def test_what_is_not_as_expected_tells_no_signals() -> None:
    expectation = Expectation(checks=(lambda _: "no",), signals=lambda _: told("1"))
    outcome = judged("status", Reply(200), expectation, due=START, now=START)
    assert (outcome.category, outcome.signals) == (Category.UNEXPECTED, None)


def test_a_slow_reply_tells_its_signals_too() -> None:
    expectation = Expectation(within=1.0, signals=lambda _: told("1", "2", BAD))
    outcome = judged("status", Reply(200, latency=2.0), expectation, due=START, now=START)
    assert outcome.category is Category.SLOW
    assert outcome.signals is not None


def test_a_calm_outcome_with_news_in_it_is_worth_keeping() -> None:
    endpoint = an_endpoint("status")

    def after(standing: Standing, signals: Signals) -> Standing:
        expectation = Expectation(signals=lambda _: signals)
        outcome = judged("status", Reply(200), expectation, due=START, now=START)
        return advance(standing, outcome, CLOSED, endpoint)

    first = after(Standing("status"), told("1.17"))
    same, other = after(first, told("1.17")), after(first, told("1.18"))
    assert not worth_keeping(first, same)
    assert worth_keeping(first, other)
