import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.detail import LONGEST
from monitor.core.exchange import Fault, NoReply, Phase, Phases, Reply
from monitor.core.outcome import (
    EFFECTS,
    Category,
    Effect,
    Expectation,
    Finding,
    blocked,
    judge,
    judged,
)
from tests.clock import START

HOPED = Expectation()


def seen(exchange: Reply | NoReply, expectation: Expectation = HOPED) -> Finding:
    return judge(exchange, expectation, now=START)


def with_header(status: int, **headers: str) -> Reply:
    return Reply(status, headers={name.replace("_", "-"): said for name, said in headers.items()})


# ---------------------------------------------------------------- words


def test_the_detail_carries_what_the_body_explains() -> None:
    assert seen(Reply(500, b'{"message": "pool is empty"}')).detail == "HTTP 500: pool is empty"


@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_redirect_says_where_to_and_leaves_the_query_out(status: int) -> None:
    moved = with_header(status, location="https://elsewhere.example/login?token=secret")
    assert seen(moved).detail == f"HTTP {status} to https://elsewhere.example/login"


@pytest.mark.parametrize("status", [299, 400])
def test_a_location_means_nothing_elsewhere(status: int) -> None:
    assert seen(with_header(status, location="https://elsewhere.example")).detail == (
        f"HTTP {status}"
    )


LOUD = "a\x1b[2Jb\u202ec\udcffd\n" * 2000


@pytest.mark.parametrize(
    ("exchange", "expectation"),
    [
        (NoReply(Fault.PROTOCOL, LOUD), HOPED),
        (Reply(200), Expectation(checks=(lambda _: LOUD,))),
        (with_header(301, location=LOUD), HOPED),
        (Reply(500, LOUD.encode("utf-8", "replace")), HOPED),
    ],
    ids=["fault", "check", "redirect", "body"],
)
def test_a_detail_is_one_printable_line_wherever_it_comes_from(
    exchange: Reply | NoReply, expectation: Expectation
) -> None:
    detail = seen(exchange, expectation).detail
    assert 0 < len(detail) <= LONGEST
    assert detail.isprintable()


# ---------------------------------------------------------------- laws

STATUSES = st.integers(min_value=-10, max_value=1100)


@given(status=STATUSES, body=st.binary(max_size=200), hint=st.none() | st.text(max_size=40))
def test_every_reply_has_a_category_and_the_effect_of_its_category(
    status: int, body: bytes, hint: str | None
) -> None:
    headers = {} if hint is None else {"retry-after": hint}
    finding = seen(Reply(status, body, headers))
    assert finding.effect is EFFECTS[finding.category]
    assert (finding.effect is Effect.SUCCESS) == (status in HOPED.status)


@given(status=st.integers(min_value=100, max_value=499), count=st.frozensets(st.integers(400, 499)))
def test_a_neutral_outcome_is_never_a_success(status: int, count: frozenset[int]) -> None:
    finding = seen(Reply(status), Expectation(count=count))
    if EFFECTS[finding.category] is Effect.NEUTRAL:
        assert finding.effect is (Effect.FAILURE if status in count else Effect.NEUTRAL)


# ---------------------------------------------------------------- the outcome


def test_an_outcome_keeps_what_is_worth_keeping_of_a_reply() -> None:
    phases = Phases(first_byte=0.2, transfer=0.1)
    reply = Reply(429, b"", {"retry-after": "7"}, 0.3, phases, certificate_expiry=1.9e9)
    outcome = judged("chat", reply, HOPED, due=START, now=START)
    assert (outcome.endpoint, outcome.due, outcome.at) == ("chat", START, START)
    assert (outcome.category, outcome.effect) == (Category.THROTTLED, Effect.FAILURE)
    assert (outcome.status, outcome.fault, outcome.phase) == (429, None, None)
    assert (outcome.latency, outcome.phases) == (0.3, phases)
    assert (outcome.retry_after, outcome.certificate_expiry) == (7.0, 1.9e9)


def test_an_outcome_keeps_what_is_worth_keeping_of_silence() -> None:
    silence = NoReply(Fault.TIMEOUT, "no answer", Phase.TLS, 5.0, Phases(tls=4.9))
    outcome = judged("chat", silence, HOPED, due=START, now=START)
    assert (outcome.status, outcome.fault, outcome.phase) == (None, Fault.TIMEOUT, Phase.TLS)
    assert (outcome.detail, outcome.latency, outcome.phases) == ("no answer", 5.0, Phases(tls=4.9))
    assert (outcome.retry_after, outcome.certificate_expiry) == (None, None)


def test_a_probe_that_was_not_sent_is_blocked_by_somebody() -> None:
    outcome = blocked("chat", "iam", START, START)
    assert (outcome.category, outcome.effect) == (Category.BLOCKED, Effect.NEUTRAL)
    assert outcome.detail == "blocked by iam"
    assert outcome.latency is None
