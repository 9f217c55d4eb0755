"""What was settled earlier and what is worked out now are one account, however it is cut."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.accounts import Accounts
from monitor.core.availability import Watch
from monitor.core.ledger_copy import LedgerCopy
from monitor.core.marks import Counts, ms
from monitor.core.objective import BurnRule, Objective
from monitor.core.stretch import Mark, Presence, Stretch
from tests.clock import START

H = 3600
OBJECTIVE = Objective(99, (BurnRule(3, 12 * H, H),))
AGAIN = timedelta(hours=1)
KINDS = [
    (Mark.UP, ""),
    (Mark.UP, "server_error"),
    (Mark.DOWN, "unreachable"),
    (Mark.UNKNOWN, ""),
    (Mark.OURS, "credential"),
]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.sampled_from(KINDS)), min_size=1, max_size=40),
    st.lists(st.integers(60, 3000), min_size=1, max_size=20),
)
def test_looking_often_says_the_same_as_looking_once(
    stretches: list[tuple[int, tuple[Mark, str]]], looks: list[int]
) -> None:
    rows, begin = [], 0
    for length, (mark, cause) in stretches:
        rows.append(Stretch("chat", mark, at(begin), at(begin + length), cause=cause))
        begin += length
    copy, often, now = LedgerCopy(), Accounts(), 0
    copy.take(Watch("here", rows), ("chat",))
    for step in looks:
        now += step
        copy.take(Watch("here", (), [Presence(at(0), at(now))]), ("chat",))
        terms, end = (OBJECTIVE, 300.0, Counts.UP), ms(at(now))
        assert often.held(copy, "chat", terms, end, AGAIN) == Accounts().held(
            copy, "chat", terms, end, timedelta(days=40)
        )


def test_rows_are_kept_once_and_forgotten_when_they_are_old_or_nobody_asks() -> None:
    copy = LedgerCopy()
    goes_on = Stretch("chat", Mark.UP, at(0))
    other = Stretch("other", Mark.UP, at(0))
    copy.take(Watch("here", [goes_on, other], [Presence(at(0), at(10))]), ("chat", "other"))
    assert list(copy.of("chat", at(0)).stretches) == [goes_on]
    ended = Stretch("chat", Mark.UP, at(0), at(100))
    copy.take(Watch("here", [ended], [Presence(at(0), at(100))]), ("chat",))
    assert list(copy.of("chat", at(0)).stretches) == [ended]
    assert copy.seen == at(100)
    copy.forget_before(at(50), ("chat",))
    assert (list(copy.of("chat", at(0)).stretches), copy.of("other", at(0)).stretches) == (
        [ended],
        [],
    )
    copy.forget_before(at(200), ("chat",))
    assert list(copy.of("chat", at(0)).stretches) == []
    seen = copy.seen
    assert seen is None
