"""Who needs whom: what blocks, what is doubted, and how long a trip waits for a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from monitor.core.breaker import Policy, Snapshot
from monitor.core.endpoint import Endpoint
from monitor.core.needs import blocked_by, blocker, doubted, hurry, needed, waits
from monitor.core.outcome import Category, Outcome
from monitor.core.standing import Standing
from monitor.core.window import Recent
from tests.clock import START
from tests.examples import CLOSED, HALF_OPEN, OPEN, THROTTLED, an_endpoint, an_outcome

BAD = Category.SERVER_ERROR


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True)
class One:
    endpoint: Endpoint
    standing: Standing


def one(
    name: str,
    *needs: str,
    last: Category | None = Category.OK,
    ago: float = 30.0,
    breaker: Snapshot = CLOSED,
) -> One:
    seen = None if last is None else an_outcome(last, endpoint=name, at=at(-ago))
    return One(an_endpoint(name, needs=needs), Standing(name, breaker, last=seen))


def all_of(*ones: One) -> Mapping[str, One]:
    return {each.endpoint.id: each for each in ones}


CHAT = one("chat", "console", "gone")
CONSOLE = one("console", "iam")
IAM = one("iam")


def test_needs_are_followed_to_the_root_and_what_is_not_configured_is_left_out() -> None:
    watched = all_of(CHAT, CONSOLE, IAM)
    assert [each.endpoint.id for each in needed(CHAT.endpoint, watched)] == ["console", "iam"]


def test_a_circle_ends() -> None:
    watched = all_of(one("a", "b"), one("b", "a"))
    assert [each.endpoint.id for each in needed(watched["a"].endpoint, watched)] == ["b"]


@pytest.mark.parametrize("breaker", [OPEN, HALF_OPEN, THROTTLED])
def test_what_is_not_closed_blocks_all_that_need_it(breaker: Snapshot) -> None:
    watched = all_of(CHAT, CONSOLE, one("iam", breaker=breaker))
    assert blocker(CHAT.endpoint, watched) == "iam"
    assert blocker(watched["iam"].endpoint, watched) is None
    assert blocker(CHAT.endpoint, all_of(CHAT, CONSOLE, IAM)) is None


# ---------------------------------------------------------------- doubt


def failure(category: Category = BAD) -> Outcome:
    return an_outcome(category, endpoint="chat", at=at(0))


@pytest.mark.parametrize(
    ("iam", "is_doubted"),
    [
        (one("iam", ago=0), False),  # seen to work since then
        (one("iam", ago=0, last=Category.CREDENTIAL), False),  # it refuses us: not down
        (one("iam", ago=0.1), True),  # that was before
        (one("iam", ago=0, last=BAD), True),  # it fails, too
        (one("iam", last=None), True),
    ],
)
def test_a_need_is_doubted_until_something_speaks_for_it(iam: One, is_doubted: bool) -> None:
    endpoint = an_endpoint("chat", needs=("iam",))
    doubts = doubted(endpoint, failure(), at(0), all_of(iam))
    assert doubts == ([iam] if is_doubted else [])


def test_being_told_to_wait_doubts_nobody_and_who_needs_nothing_has_no_doubts() -> None:
    endpoint = an_endpoint("chat", needs=("iam",))
    assert doubted(endpoint, failure(Category.THROTTLED), at(0), all_of(IAM)) == []
    assert doubted(an_endpoint("chat"), failure(), at(0), all_of(IAM)) == []


def with_failures(failures: int, fail_max: int = 3, breaker: Snapshot = CLOSED) -> One:
    endpoint = an_endpoint("chat", needs=("iam",), policy=Policy(fail_max=fail_max))
    return One(endpoint, Standing("chat", replace(breaker, failures=failures)))


@pytest.mark.parametrize(
    ("chat", "does"),
    [
        (with_failures(0), False),
        (with_failures(1), False),
        (with_failures(2), True),
        (with_failures(0, fail_max=1), True),
        (with_failures(1, breaker=replace(CLOSED, recent=Recent((0.0,) * 4, "x.x."))), True),
        (with_failures(1, breaker=replace(CLOSED, recent=Recent((0.0,) * 4, "..x."))), False),
        (with_failures(5, breaker=OPEN), False),
        (with_failures(5, breaker=HALF_OPEN), False),
    ],
)
def test_only_a_failure_that_would_trip_waits(chat: One, does: bool) -> None:
    assert waits(chat, [IAM], at(0), at(10)) is does
    assert not waits(chat, [], at(0), at(10))


def test_a_need_that_never_decides_is_no_excuse() -> None:
    # 3 confirmations and two more, each 5 s apart and at most 10 s long.
    chat = with_failures(2)
    assert waits(chat, [IAM], at(0), at(74.9))
    assert not waits(chat, [IAM], at(0), at(75))


@pytest.mark.parametrize(
    ("iam", "within"),
    [(one("iam", ago=60), 0.0), (one("iam", ago=2), 3.0), (one("iam", last=None), 0.0)],
)
def test_a_need_is_asked_at_once_and_not_again_and_again(iam: One, within: float) -> None:
    assert hurry(iam, at(0)) == within


def test_who_was_not_asked_is_found_again() -> None:
    blocked = one("chat", "console", last=Category.BLOCKED)
    others = (CONSOLE, IAM, one("alone", last=Category.BLOCKED), one("new", "iam", last=None))
    assert blocked_by("iam", all_of(blocked, *others)) == [blocked]
