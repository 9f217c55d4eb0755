import pytest

from monitor.core.exchange import Complaint, Fault, NoReply, Phases, Reply, Step
from monitor.core.outcome import (
    EFFECTS,
    Category,
    Effect,
    Expectation,
    Finding,
    judge,
    judged,
)
from tests.clock import START

HOPED = Expectation()
NO_LICENCES = b'{"message": "No available licenses"}'


def seen(exchange: Reply | NoReply, expectation: Expectation = HOPED) -> Finding:
    return judge(exchange, expectation, now=START)


def with_header(status: int, **headers: str) -> Reply:
    return Reply(status, headers={name.replace("_", "-"): said for name, said in headers.items()})


# ---------------------------------------------------------------- the table, by status


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_documented_good_status_is_ok_and_needs_no_words(status: int) -> None:
    assert seen(Reply(status)) == Finding(Category.OK, Effect.SUCCESS, "", None)


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (100, Category.MISCONFIGURED),
        (101, Category.MISCONFIGURED),
        (203, Category.UNEXPECTED),
        (205, Category.UNEXPECTED),
        (206, Category.UNEXPECTED),
        (299, Category.UNEXPECTED),
        (300, Category.MISCONFIGURED),
        (301, Category.MISCONFIGURED),
        (302, Category.MISCONFIGURED),
        (304, Category.MISCONFIGURED),
        (308, Category.MISCONFIGURED),
        (400, Category.MISCONFIGURED),
        (401, Category.CREDENTIAL),
        (402, Category.REQUEST_FAILED),
        (403, Category.PERMISSION),
        *((status, Category.MISCONFIGURED) for status in range(404, 408)),
        (408, Category.SERVER_ERROR),
        *((status, Category.MISCONFIGURED) for status in range(409, 429)),
        (429, Category.THROTTLED),
        (430, Category.MISCONFIGURED),
        (431, Category.MISCONFIGURED),
        (451, Category.MISCONFIGURED),
        (499, Category.MISCONFIGURED),
        *((status, Category.SERVER_ERROR) for status in range(500, 512)),
        (520, Category.SERVER_ERROR),
        (599, Category.SERVER_ERROR),
        (600, Category.SERVER_ERROR),
        (999, Category.SERVER_ERROR),
        (0, Category.SERVER_ERROR),
    ],
)
def test_a_status_that_was_not_hoped_for_has_its_row_in_the_table(
    status: int, category: Category
) -> None:
    finding = seen(Reply(status))
    assert (finding.category, finding.effect) == (category, EFFECTS[category])
    assert finding.detail == f"HTTP {status}"


@pytest.mark.parametrize(
    ("category", "effect"),
    [
        (Category.OK, Effect.SUCCESS),
        (Category.SLOW, Effect.SUCCESS),
        (Category.THROTTLED, Effect.FAILURE),
        (Category.SERVER_ERROR, Effect.FAILURE),
        (Category.UNREACHABLE, Effect.FAILURE),
        (Category.UNEXPECTED, Effect.FAILURE),
        (Category.REQUEST_FAILED, Effect.NEUTRAL),
        (Category.CREDENTIAL, Effect.NEUTRAL),
        (Category.LICENCE, Effect.NEUTRAL),
        (Category.PERMISSION, Effect.NEUTRAL),
        (Category.MISCONFIGURED, Effect.NEUTRAL),
        (Category.BLOCKED, Effect.NEUTRAL),
    ],
)
def test_a_category_has_the_effect_that_the_house_gives_it(
    category: Category, effect: Effect
) -> None:
    assert EFFECTS[category] is effect


def test_every_category_has_an_effect() -> None:
    assert set(EFFECTS) == set(Category)


# ---------------------------------------------------------------- silence


@pytest.mark.parametrize("fault", Fault)
def test_no_reply_is_unreachable_whatever_the_fault(fault: Fault) -> None:
    finding = seen(NoReply(fault, "what people read"))
    assert finding == Finding(Category.UNREACHABLE, Effect.FAILURE, "what people read")


# ---------------------------------------------------------------- what was hoped for


def test_a_good_reply_in_time_is_ok_to_the_last_moment() -> None:
    assert seen(Reply(200, latency=2.0), Expectation(within=2.0)).category is Category.OK


def test_a_good_reply_too_late_is_slow_and_still_a_success() -> None:
    finding = seen(Reply(200, latency=2.5), Expectation(within=2.0))
    assert finding == Finding(Category.SLOW, Effect.SUCCESS, "took 2.5 s, more than 2 s")


def test_an_error_that_came_late_is_an_error() -> None:
    finding = seen(Reply(503, latency=9.0), Expectation(within=2.0))
    assert finding.category is Category.SERVER_ERROR


def test_the_first_complaint_is_the_one_that_is_told() -> None:
    checks = (lambda _: None, lambda _: "$.version is missing", lambda _: "never asked")
    finding = seen(Reply(200), Expectation(checks=checks))
    assert finding == Finding(Category.UNEXPECTED, Effect.FAILURE, "$.version is missing")


def test_a_failed_check_says_more_than_slowness() -> None:
    expectation = Expectation(within=1.0, checks=(lambda _: "wrong",))
    assert seen(Reply(200, latency=9.0), expectation).category is Category.UNEXPECTED


def test_checks_are_for_replies_that_were_hoped_for() -> None:
    assert seen(Reply(500), Expectation(checks=(lambda _: "wrong",))).detail == "HTTP 500"


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 503])
def test_an_error_that_was_hoped_for_is_ok(status: int) -> None:
    expectation = Expectation(status=frozenset({status}))
    assert seen(Reply(status), expectation).category is Category.OK


def test_200_is_unexpected_where_404_was_hoped_for() -> None:
    finding = seen(Reply(200), Expectation(status=frozenset({404})))
    assert (finding.category, finding.effect) == (Category.UNEXPECTED, Effect.FAILURE)


# ---------------------------------------------------------------- 402, 403, further statuses


@pytest.mark.parametrize("status", [401, 402, 404])
def test_a_counted_status_keeps_its_category_and_becomes_a_failure(status: int) -> None:
    plain = seen(Reply(status))
    counted = seen(Reply(status), Expectation(count=frozenset({status})))
    assert plain.effect is Effect.NEUTRAL
    assert (counted.category, counted.effect) == (plain.category, Effect.FAILURE)


def test_counting_402_leaves_its_neighbours_alone() -> None:
    assert seen(Reply(401), Expectation(count=frozenset({402}))).effect is Effect.NEUTRAL


def test_what_was_hoped_for_is_ok_even_when_counted() -> None:
    both = Expectation(status=frozenset({402}), count=frozenset({402}))
    assert seen(Reply(402), both).effect is Effect.SUCCESS


@pytest.mark.parametrize(
    "body",
    [
        NO_LICENCES,
        b"NO AVAILABLE LICENSES",
        b"no licence left",
        b"Licence pool exhausted",
        b'{"errors": [{"title": "Forbidden", "detail": "No available licenses"}]}',
    ],
)
def test_403_is_about_licences_when_the_body_says_so(body: bytes) -> None:
    finding = seen(Reply(403, body))
    assert (finding.category, finding.effect) == (Category.LICENCE, Effect.NEUTRAL)


@pytest.mark.parametrize("body", [b"", b"Forbidden", b"silence", b'{"message": "no rights"}'])
def test_403_is_about_permission_otherwise(body: bytes) -> None:
    assert seen(Reply(403, body)).category is Category.PERMISSION


@pytest.mark.parametrize("status", [401, 402, 404, 500])
def test_licences_in_a_body_mean_nothing_elsewhere(status: int) -> None:
    assert seen(Reply(status, NO_LICENCES)).category is seen(Reply(status)).category


# ---------------------------------------------------------------- Retry-After


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Sun, 22 Nov 2026 18:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 17:00:00 GMT", 0.0),
        ("99999999999", 3600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_429_is_throttled_and_its_hint_is_read_when_it_can_be(
    said: str, hint: float | None
) -> None:
    finding = seen(with_header(429, retry_after=said))
    assert (finding.category, finding.retry_after) == (Category.THROTTLED, hint)


def test_429_needs_no_hint() -> None:
    assert seen(Reply(429)).retry_after is None


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("30", Category.THROTTLED),
        ("0", Category.THROTTLED),
        ("Sun, 22 Nov 2026 18:02:00 GMT", Category.THROTTLED),
        ("soon", Category.SERVER_ERROR),
        ("-1", Category.SERVER_ERROR),
    ],
)
def test_503_is_throttled_when_it_says_when_to_come_back(said: str, category: Category) -> None:
    assert seen(with_header(503, retry_after=said)).category is category


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_other_server_errors_are_no_throttling_but_keep_their_hint(status: int) -> None:
    finding = seen(with_header(status, retry_after="30"))
    assert (finding.category, finding.retry_after) == (Category.SERVER_ERROR, 30.0)


# ---------------------------------------------------------------- platform or application

STOPPED = Reply(200, b"stopped")
GARBAGE = Reply(200, b"<html>")


def only(word: bytes) -> Expectation:
    """Hope for `started`; `word` says that the application is at fault."""
    return Expectation(
        checks=(lambda reply: None if reply.body == b"started" else "not started",),
        application=(lambda reply: None if word in reply.body else "no",),
    )


def test_an_unexpected_reply_says_whose_it_is_when_the_endpoint_knows() -> None:
    assert seen(STOPPED, only(b"stopped")).application
    assert not seen(GARBAGE, only(b"stopped")).application
    assert not seen(Reply(200, b"started"), only(b"started")).application
    assert seen(STOPPED, only(b"stopped")).category is Category.UNEXPECTED


def test_without_marks_every_unexpected_body_is_the_applications_or_none_is() -> None:
    checks = only(b"").checks
    assert seen(GARBAGE, Expectation(checks=checks, application=())).application
    assert not seen(GARBAGE, Expectation(checks=checks)).application


def test_an_error_status_is_never_said_by_an_application() -> None:
    assert not seen(Reply(503, b"stopped"), only(b"stopped")).application


# ---------------------------------------------------------------- conversations


@pytest.mark.parametrize("category", Category)
def test_a_complaint_is_judged_as_its_category_and_keeps_its_hint(category: Category) -> None:
    reply = Reply(101, complaint=Complaint(category, "said\nso", 7.0, application=True))
    assert seen(reply) == Finding(category, EFFECTS[category], "said so", 7.0, application=True)


def test_a_complaint_counts_more_than_a_status_that_was_hoped_for() -> None:
    reply = Reply(200, complaint=Complaint(Category.UNEXPECTED, "no reply"))
    assert seen(reply).category is Category.UNEXPECTED


@pytest.mark.parametrize(
    "exchange",
    [
        Reply(503, steps=(Step("greeting", 0.1), Step("turn 1", 0.2))),
        NoReply(Fault.TIMEOUT, "HTTP 503", steps=(Step("greeting", 0.1), Step("turn 1", 0.2))),
    ],
)
def test_what_went_wrong_names_the_step_that_it_went_wrong_in(exchange: Reply | NoReply) -> None:
    outcome = judged("chat", exchange, HOPED, due=START, now=START)
    assert outcome.detail == "turn 1: HTTP 503"
    assert [step.name for step in outcome.steps] == ["greeting", "turn 1"]


def test_a_good_conversation_needs_no_words() -> None:
    outcome = judged("chat", Reply(200, steps=(Step("turn 1", 1.0),)), HOPED, due=START, now=START)
    assert (outcome.detail, outcome.steps) == ("", (Step("turn 1", 1.0),))


def test_phases_of_several_requests_add_up() -> None:
    one, other = Phases(connect=1.0, first_byte=2.0), Phases(first_byte=0.5, transfer=0.0)
    assert one + other == Phases(connect=1.0, first_byte=2.5, transfer=0.0)
    assert Phases() + Phases() == Phases()
