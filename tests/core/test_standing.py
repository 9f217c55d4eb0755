from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

import pytest

from monitor.core.breaker import Snapshot
from monitor.core.health import Health
from monitor.core.outcome import EFFECTS, Category, Effect
from monitor.core.standing import (
    Standing,
    advance,
    caught_up,
    health_now,
    is_stale,
    is_undecided,
    moved,
    worth_keeping,
)
from monitor.core.window import Recent
from tests.clock import START
from tests.examples import CLOSED, HALF_OPEN, OPEN, a_standing, an_endpoint, an_outcome

CHAT = an_endpoint()
LATER = START + timedelta(seconds=60)
NEUTRAL = [c for c in Category if EFFECTS[c] is Effect.NEUTRAL]
NEW = Standing("chat")


# ---------------------------------------------------------------- advance


def test_the_first_good_outcome_makes_it_operational() -> None:
    after = advance(NEW, an_outcome(), CLOSED, CHAT)
    assert (after.health, after.since, after.reason) == (Health.OPERATIONAL, START, "")
    assert (after.last_good_at, after.evidence_at, after.streak) == (START, START, 1)


def test_the_evidence_turns_with_the_first_look_that_shows_the_other() -> None:
    def at(seconds: int) -> datetime:
        return START + timedelta(seconds=seconds)

    told = [
        (Category.OK, at(0), at(0), None),
        (Category.SLOW, at(60), at(0), None),
        (Category.SERVER_ERROR, at(120), at(120), at(60)),
        (Category.CREDENTIAL, at(125), at(120), at(60)),
        (Category.THROTTLED, at(130), at(120), at(60)),
        (Category.OK, at(180), at(180), at(130)),
        (Category.BLOCKED, at(240), at(180), at(130)),
        (Category.OK, at(300), at(180), at(130)),
    ]
    standing = NEW
    for category, when, turned_at, turned_from in told:
        standing = advance(standing, an_outcome(category, at=when), CLOSED, CHAT)
        assert (standing.turned_at, standing.turned_from) == (turned_at, turned_from), category


def test_since_is_when_the_health_changed_and_not_when_it_was_last_seen() -> None:
    before = a_standing(Category.OK)
    again = advance(before, an_outcome(at=LATER), CLOSED, CHAT)
    down = advance(again, an_outcome(Category.SERVER_ERROR, at=LATER), OPEN, CHAT)
    assert again.since == START
    assert (down.health, down.since) == (Health.DOWN, LATER)


def test_the_streak_counts_outcomes_of_one_category_in_a_row() -> None:
    standing = a_standing(Category.PERMISSION, streak=2)
    assert standing.streak == 2
    assert advance(standing, an_outcome(Category.LICENCE), CLOSED, CHAT).streak == 1


def test_a_failure_that_did_not_trip_changes_the_reason_and_nothing_else() -> None:
    before = a_standing(Category.OK)
    after = advance(before, an_outcome(Category.SERVER_ERROR), Snapshot(failures=1), CHAT)
    assert (after.health, after.since) == (Health.OPERATIONAL, START)
    assert after.reason == "HTTP 503 (1 of 3 failures, still operational)"


@pytest.mark.parametrize("category", NEUTRAL)
def test_a_neutral_outcome_is_no_evidence_and_no_good_news(category: Category) -> None:
    before = a_standing(Category.OK)
    after = advance(before, an_outcome(category, at=LATER), CLOSED, CHAT)
    assert (after.evidence_at, after.last_good_at) == (START, START)
    assert after.last is not None
    assert after.last.at == LATER


def test_a_failure_is_evidence_and_no_good_news() -> None:
    before = a_standing(Category.OK)
    after = advance(before, an_outcome(Category.SERVER_ERROR, at=LATER), OPEN, CHAT)
    assert (after.evidence_at, after.last_good_at) == (LATER, START)
    assert after.reason == "HTTP 503"


def test_a_good_trial_says_which_it_was() -> None:
    after = advance(a_standing(Category.SERVER_ERROR, OPEN), an_outcome(), HALF_OPEN, CHAT)
    assert (after.health, after.reason) == (Health.DOWN, "trial 1 succeeded")


def test_a_move_without_an_outcome_changes_the_breaker_alone() -> None:
    before = a_standing(Category.SERVER_ERROR, OPEN)
    assert moved(before, HALF_OPEN) == replace(before, breaker=HALF_OPEN)


# ---------------------------------------------------------------- what a restart must know


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (Category.OK, Category.OK, False),
        (Category.BLOCKED, Category.BLOCKED, False),
        (Category.OK, Category.SLOW, True),
        (Category.SLOW, Category.OK, True),
        (Category.SLOW, Category.SLOW, True),
        (Category.OK, Category.SERVER_ERROR, True),
        (Category.SERVER_ERROR, Category.SERVER_ERROR, True),
        (Category.SERVER_ERROR, Category.OK, True),
        (Category.CREDENTIAL, Category.CREDENTIAL, True),
        (Category.OK, Category.BLOCKED, True),
        (Category.BLOCKED, Category.OK, True),
    ],
)
def test_only_more_of_the_same_calm_need_not_be_kept(
    before: Category, after: Category, kept: bool
) -> None:
    assert worth_keeping(a_standing(before), a_standing(after)) is kept


def test_the_first_outcome_is_always_kept() -> None:
    assert worth_keeping(NEW, a_standing(Category.OK))


@pytest.mark.parametrize(("category", "good"), [(Category.OK, True), (Category.BLOCKED, False)])
def test_a_stored_standing_is_brought_up_to_date_by_the_calm_outcomes_since(
    category: Category, good: bool
) -> None:
    stored = a_standing(category, streak=2)
    newest = an_outcome(category, at=LATER)
    assert caught_up(stored, newest) == advance(stored, newest, stored.breaker, CHAT)
    assert (caught_up(stored, newest).evidence_at == LATER) is good


def test_the_windows_of_a_stored_standing_hear_of_the_calm_outcomes_since() -> None:
    breaker = replace(CLOSED, recent=Recent((90.0, 100.0), "x."), taken_at=START, taken_mono=100.0)
    stored = a_standing(Category.OK, breaker)
    later = [an_outcome(at=START + timedelta(seconds=s)) for s in (60, 120, 30)]
    caught = reduce(caught_up, later, stored)
    assert caught.breaker.recent == Recent((90.0, 100.0, 160.0, 220.0), "x...")
    assert caught_up(stored, an_outcome(Category.BLOCKED, at=LATER)).breaker is breaker
    tripped = a_standing(Category.SERVER_ERROR, OPEN)
    assert caught_up(tripped, later[0]).breaker is OPEN


@pytest.mark.parametrize("age", [0, 60])
def test_an_outcome_that_the_stored_standing_knows_of_changes_nothing(age: float) -> None:
    stored = a_standing(Category.OK, at=LATER)
    old = an_outcome(at=LATER - timedelta(seconds=age))
    assert caught_up(stored, old) is stored


# ---------------------------------------------------------------- what is looked at again quickly


@pytest.mark.parametrize(
    ("category", "breaker", "undecided"),
    [
        (Category.OK, CLOSED, False),
        (Category.SLOW, CLOSED, False),
        (Category.OK, HALF_OPEN, True),
        (Category.SLOW, HALF_OPEN, True),
        (Category.SERVER_ERROR, CLOSED, True),
        (Category.UNREACHABLE, CLOSED, True),
        (Category.UNEXPECTED, CLOSED, True),
        (Category.REQUEST_FAILED, CLOSED, True),
        (Category.CREDENTIAL, CLOSED, True),
        (Category.LICENCE, CLOSED, True),
        (Category.PERMISSION, CLOSED, True),
        (Category.MISCONFIGURED, CLOSED, True),
        (Category.MISCONFIGURED, HALF_OPEN, True),
        (Category.BLOCKED, CLOSED, False),
    ],
)
def test_the_first_sign_of_trouble_is_undecided_and_so_is_a_good_trial(
    category: Category, breaker: Snapshot, undecided: bool
) -> None:
    for before in (NEW, a_standing(Category.OK), a_standing(Category.BLOCKED)):
        after = advance(before, an_outcome(category), breaker, CHAT)
        assert is_undecided(before, after) is undecided


def test_a_second_failure_is_undecided_as_long_as_the_breaker_has_not_tripped() -> None:
    before = a_standing(Category.SERVER_ERROR)
    assert is_undecided(before, a_standing(Category.SERVER_ERROR, streak=2))


REFUSALS = [c for c in NEUTRAL if c is not Category.BLOCKED]


@pytest.mark.parametrize("breaker", [CLOSED, HALF_OPEN])
@pytest.mark.parametrize("second", REFUSALS)
@pytest.mark.parametrize("first", REFUSALS)
def test_who_refuses_us_again_is_not_hammered_whatever_the_refusal(
    first: Category, second: Category, breaker: Snapshot
) -> None:
    before = a_standing(first, breaker)
    assert not is_undecided(before, advance(before, an_outcome(second), breaker, CHAT))


def test_what_was_never_probed_is_not_undecided() -> None:
    assert not is_undecided(NEW, NEW)


# ---------------------------------------------------------------- how old may it be

PATIENCE = 3 * CHAT.every + CHAT.request.timeout


@pytest.mark.parametrize(("age", "stale"), [(0, False), (PATIENCE, False), (PATIENCE + 1, True)])
def test_three_rounds_may_go_wrong_before_we_do_not_know(age: float, stale: bool) -> None:
    standing = a_standing(Category.OK)
    now = START + timedelta(seconds=age)
    assert is_stale(standing, CHAT, now) is stale
    assert health_now(standing, CHAT, now) is (Health.UNKNOWN if stale else Health.OPERATIONAL)


@pytest.mark.parametrize(("age", "stale"), [(PATIENCE + 300, False), (PATIENCE + 301, True)])
def test_an_open_time_does_not_count(age: float, stale: bool) -> None:
    standing = a_standing(Category.SERVER_ERROR, replace(OPEN, open_for=300.0))
    now = START + timedelta(seconds=age)
    assert health_now(standing, CHAT, now) is (Health.UNKNOWN if stale else Health.DOWN)


def test_without_any_evidence_we_do_not_know() -> None:
    assert is_stale(NEW, CHAT, START)
    assert health_now(NEW, CHAT, START) is Health.UNKNOWN


@pytest.mark.parametrize(
    ("category", "health"),
    [
        (Category.BLOCKED, Health.BLOCKED),
        (Category.CREDENTIAL, Health.BLOCKED),
        (Category.MISCONFIGURED, Health.MISCONFIGURED),
    ],
)
def test_what_is_refused_stays_so_however_old_the_evidence(
    category: Category, health: Health
) -> None:
    standing = a_standing(category)
    assert is_stale(standing, CHAT, START + timedelta(days=1))
    assert health_now(standing, CHAT, START + timedelta(days=1)) is health
