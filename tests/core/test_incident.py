from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.blame import Blame, Blamed
from monitor.core.breaker import Sample, Snapshot
from monitor.core.grounds import Grounds, Rule
from monitor.core.health import Health
from monitor.core.incident import (
    Incident,
    Severity,
    close,
    credential_key,
    open_incident,
    revise,
    trouble_of,
)
from monitor.core.outcome import Category, Effect
from monitor.core.standing import Standing, advance, is_over, moved
from monitor.core.window import Recent
from tests.clock import START
from tests.examples import (
    CLOSED,
    HALF_OPEN,
    OPEN,
    THROTTLED,
    a_standing,
    an_endpoint,
    an_outcome,
)

CHAT = an_endpoint()
PAT = an_endpoint(credential="pat")
WHOSE = Blamed(Blame.OMILIA, "It is Omilia.")
LATER = START + timedelta(seconds=61.5)


def opened(standing: Standing, endpoint: object = CHAT) -> Incident:
    endpoint = endpoint if endpoint is PAT else CHAT
    trouble = trouble_of(standing, endpoint)
    assert trouble is not None
    return open_incident(trouble, standing, endpoint, WHOSE, location="default", now=START)


# ---------------------------------------------------------------- a breaker that is not closed


def test_a_tripped_breaker_is_trouble_and_says_what_tripped_it() -> None:
    trouble = trouble_of(a_standing(Category.SERVER_ERROR, OPEN), CHAT)
    assert trouble is not None
    assert (trouble.key, trouble.health, trouble.severity) == (
        "chat",
        Health.DOWN,
        Severity.CRITICAL,
    )
    assert (trouble.category, trouble.http_status) == (Category.SERVER_ERROR, 503)
    assert (trouble.reason, trouble.samples) == (OPEN.reason, OPEN.samples)


@pytest.mark.parametrize(
    ("breaker", "critical", "severity"),
    [
        (OPEN, True, Severity.CRITICAL),
        (OPEN, False, Severity.ERROR),
        (HALF_OPEN, True, Severity.CRITICAL),
        (THROTTLED, True, Severity.WARNING),
        (THROTTLED, False, Severity.WARNING),
    ],
)
def test_severity_knows_what_matters(breaker: Snapshot, critical: bool, severity: Severity) -> None:
    endpoint = an_endpoint(critical=critical)
    trouble = trouble_of(a_standing(Category.SERVER_ERROR, breaker), endpoint)
    assert trouble is not None
    assert trouble.severity is severity


@pytest.mark.parametrize("category", [Category.OK, Category.CREDENTIAL, Category.MISCONFIGURED])
def test_what_a_trial_saw_is_not_what_tripped_the_breaker(category: Category) -> None:
    trouble = trouble_of(a_standing(category, HALF_OPEN), PAT)
    assert trouble is not None
    assert (trouble.key, trouble.category, trouble.http_status) == (
        "chat",
        Category.SERVER_ERROR,
        503,
    )


def test_a_breaker_without_samples_is_explained_by_the_last_outcome() -> None:
    standing = a_standing(Category.UNREACHABLE, replace(OPEN, samples=()))
    trouble = trouble_of(standing, CHAT)
    assert trouble is not None
    assert trouble.category is Category.UNREACHABLE


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("category", "health", "severity"),
    [
        (Category.CREDENTIAL, Health.BLOCKED, Severity.ERROR),
        (Category.LICENCE, Health.BLOCKED, Severity.ERROR),
        (Category.PERMISSION, Health.BLOCKED, Severity.WARNING),
        (Category.MISCONFIGURED, Health.MISCONFIGURED, Severity.WARNING),
        (Category.REQUEST_FAILED, Health.DEGRADED, Severity.WARNING),
    ],
)
def test_a_refusal_is_trouble_once_it_is_confirmed(
    category: Category, health: Health, severity: Severity
) -> None:
    assert trouble_of(a_standing(category), CHAT) is None
    standing = a_standing(category, streak=2)
    trouble = trouble_of(standing, CHAT)
    assert trouble is not None
    assert (trouble.key, trouble.health, trouble.severity) == ("chat", health, severity)
    assert (trouble.category, trouble.reason) == (category, standing.reason)


@pytest.mark.parametrize("last", [Category.OK, Category.SLOW])
def test_slowness_is_trouble_when_too_much_is_slow_whatever_the_last_one_was(
    last: Category,
) -> None:
    assert trouble_of(a_standing(last, streak=9), CHAT) is None
    slow = Sample(START, "slow", 200, "took 3 s")
    failed = Sample(START, "server_error", 503, "HTTP 503")
    breaker = replace(
        CLOSED, slow=True, samples=(slow, failed), recent=Recent((0.0,) * 9, "sss.ssx.s")
    )
    trouble = trouble_of(a_standing(last, breaker), CHAT)
    assert trouble is not None
    assert (trouble.health, trouble.severity) == (Health.DEGRADED, Severity.WARNING)
    assert trouble.reason.startswith("6 of 9 slow in 10 min (over 50 %)")
    assert trouble.samples == (slow,)
    assert trouble.grounds == Grounds(Rule.SLOW_RATE, 6, 9, 50.0, 600.0)
    failing = a_standing(Category.SERVER_ERROR, breaker)
    assert trouble_of(failing, CHAT) is None, "the breaker decides on failures"


def test_a_refusal_brings_itself_as_evidence_and_no_older_failures() -> None:
    old = Sample(START, "server_error", 500, "HTTP 500")
    standing = a_standing(Category.PERMISSION, replace(CLOSED, samples=(old,)), streak=2)
    trouble = trouble_of(standing, CHAT)
    assert trouble is not None
    assert trouble.samples == (Sample(START, "permission", 403, "HTTP 403"),)


@pytest.mark.parametrize(
    ("endpoint", "category", "key"),
    [
        (PAT, Category.CREDENTIAL, "credential:pat"),
        (CHAT, Category.CREDENTIAL, "chat"),
        (PAT, Category.PERMISSION, "chat"),
    ],
)
def test_a_rejected_credential_is_about_the_credential_when_there_is_one(
    endpoint: object, category: Category, key: str
) -> None:
    assert opened(a_standing(category, streak=2), endpoint).key == key


def test_credentials_have_keys_of_their_own() -> None:
    assert credential_key(PAT) == "credential:pat"
    assert credential_key(CHAT) is None


@pytest.mark.parametrize("streak", [1, 2, 3, 50])
def test_failures_are_the_breakers_to_decide(streak: int) -> None:
    for category in (Category.SERVER_ERROR, Category.UNREACHABLE, Category.THROTTLED):
        assert trouble_of(a_standing(category, streak=streak), CHAT) is None


def test_a_402_that_counts_is_the_breakers_to_decide_too() -> None:
    outcome = an_outcome(Category.REQUEST_FAILED, effect=Effect.FAILURE)
    closed = Standing("chat")
    for _ in range(2):
        closed = advance(closed, outcome, replace(CLOSED, failures=2), CHAT)
    assert trouble_of(closed, CHAT) is None
    assert trouble_of(moved(closed, OPEN), CHAT) is not None


@pytest.mark.parametrize(
    "standing",
    [
        Standing("chat"),
        a_standing(Category.OK, streak=9),
        a_standing(Category.BLOCKED, streak=9),
        a_standing(Category.BLOCKED, OPEN),
    ],
)
def test_there_is_no_trouble_to_tell_when_all_is_well_or_another_is_to_blame(
    standing: Standing,
) -> None:
    assert trouble_of(standing, CHAT) is None


# ---------------------------------------------------------------- over


@pytest.mark.parametrize(
    ("standing", "over"),
    [
        (Standing("chat"), False),
        (a_standing(Category.OK), True),
        (a_standing(Category.SLOW), True),
        (a_standing(Category.OK, HALF_OPEN), False),
        (a_standing(Category.OK, OPEN), False),
        (a_standing(Category.BLOCKED), False),
        (a_standing(Category.CREDENTIAL), False),
        (a_standing(Category.SERVER_ERROR), False),
    ],
)
def test_only_a_success_with_a_closed_breaker_proves_that_it_is_over(
    standing: Standing, over: bool
) -> None:
    assert is_over(standing) is over


# ---------------------------------------------------------------- the life of an incident


def test_an_incident_is_opened_with_everything_that_explains_it() -> None:
    good = advance(Standing("chat"), an_outcome(), CLOSED, CHAT)
    down = advance(good, an_outcome(Category.SERVER_ERROR, at=LATER), OPEN, CHAT)
    trouble = trouble_of(down, CHAT)
    assert trouble is not None
    incident = open_incident(trouble, down, CHAT, WHOSE, location="fra", now=LATER)
    assert incident == Incident(
        id="20261122T180101500Z-fra-chat",
        key="chat",
        endpoint="chat",
        location="fra",
        group="default",
        opened_at=LATER,
        revision=1,
        severity=Severity.CRITICAL,
        health=Health.DOWN,
        category=Category.SERVER_ERROR,
        reason="3 failures in a row",
        http_status=503,
        last_good_at=START,
        trips=1,
        samples=OPEN.samples,
        blame=Blame.OMILIA,
        sentence="It is Omilia.",
    )
    assert incident.is_open


def test_the_same_incident_made_twice_has_the_same_id() -> None:
    standing = a_standing(Category.CREDENTIAL, streak=2)
    assert opened(standing, PAT) == opened(standing, PAT)
    assert opened(standing, PAT).id == "20261122T180000000Z-default-credential-pat"


def test_nothing_new_is_the_same_object() -> None:
    standing = a_standing(Category.SERVER_ERROR, OPEN)
    incident = opened(standing)
    trouble = trouble_of(standing, CHAT)
    assert trouble is not None
    assert revise(incident, trouble, standing, WHOSE) is incident


def test_a_retrip_is_kept_and_is_no_news() -> None:
    incident = opened(a_standing(Category.SERVER_ERROR, OPEN))
    again = a_standing(Category.UNREACHABLE, replace(OPEN, trips=2, reason="trial failed"))
    trouble = trouble_of(again, CHAT)
    assert trouble is not None
    revised = revise(incident, trouble, again, WHOSE)
    assert (revised.revision, revised.trips, revised.reason) == (1, 2, "trial failed")
    assert (revised.id, revised.opened_at) == (incident.id, incident.opened_at)


def test_throttled_then_down_is_news_and_so_is_the_way_back() -> None:
    incident = opened(a_standing(Category.THROTTLED, THROTTLED))
    for number, breaker in enumerate((OPEN, THROTTLED), start=2):
        standing = a_standing(Category.SERVER_ERROR, breaker)
        trouble = trouble_of(standing, CHAT)
        assert trouble is not None
        incident = revise(incident, trouble, standing, WHOSE)
        assert incident.revision == number
        assert (incident.health, incident.severity) == (trouble.health, trouble.severity)


def test_a_blame_that_becomes_clear_is_news_and_never_becomes_unclear_again() -> None:
    standing = a_standing(Category.UNREACHABLE, OPEN)
    trouble = trouble_of(standing, CHAT)
    assert trouble is not None
    unclear = Blamed(Blame.UNCLEAR, "Not clear.")
    incident = open_incident(trouble, standing, CHAT, unclear, location="default", now=START)
    assert revise(incident, trouble, standing, unclear) is incident
    clear = revise(incident, trouble, standing, WHOSE)
    assert (clear.revision, clear.blame, clear.sentence) == (2, Blame.OMILIA, "It is Omilia.")
    assert revise(clear, trouble, standing, unclear) is clear


def test_the_trips_of_an_incident_never_shrink() -> None:
    incident = replace(opened(a_standing(Category.SERVER_ERROR, OPEN)), trips=5)
    standing = a_standing(Category.THROTTLED, THROTTLED)
    trouble = trouble_of(standing, CHAT)
    assert trouble is not None
    assert revise(incident, trouble, standing, WHOSE).trips == 5


def test_a_closed_incident_says_when_and_why_and_is_news() -> None:
    incident = opened(a_standing(Category.SERVER_ERROR, OPEN))
    closed = close(incident, now=LATER, because="answers as expected")
    assert not closed.is_open
    assert (closed.closed_at, closed.closed_because, closed.revision) == (
        LATER,
        "answers as expected",
        2,
    )
    assert closed.opened_at == START
