"""How fast an error budget burns: in time, whatever was probed how often."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.blame import Blame
from monitor.core.burn import Account, account_of, burn_of, held_at, rates_of
from monitor.core.marks import Bound, Counts, marks_of, ms, present
from monitor.core.objective import WINDOW, BurnRule, Objective, failures_to_fire
from monitor.core.outcome import Category
from monitor.core.stretch import Mark, Presence, Stretch
from tests.clock import START
from tests.core.test_ledger import BAD, Telling

H = 3600
EVERY = 60
UP, DOWN, MAINTENANCE = Mark.UP, Mark.DOWN, Mark.MAINTENANCE


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def stretch(begin: float, end: float | None, mark: Mark = UP, cause: str = "") -> Stretch:
    ends = None if end is None else at(end)
    return Stretch("chat", mark, at(begin), ends, cause=cause)


def account(
    stretches: Iterable[Stretch],
    until: float,
    *,
    every: float = EVERY,
    throttled: Counts = Counts.UP,
    there: Sequence[tuple[float, float]] = (),
) -> Account:
    presences = [Presence(at(a), at(b)) for a, b in there or [(0, until)]]
    start, end = ms(at(0)), ms(at(until))
    marks = marks_of(stretches, present(presences, start, end), start, end)[Bound.SEEN]
    return account_of(marks, every, throttled)


def sums(found: Account, begin: float, end: float) -> tuple[float, float, int]:
    window = found.window(ms(at(begin)), ms(at(end)))
    return window.judged / 1000, window.bad / 1000, window.failures


FAILING = "server_error"


def failures(*begins: float, length: float = 5) -> list[Stretch]:
    """Return a time that is good but for these."""
    rows, last = [], 0.0
    for begin in begins:
        rows += [stretch(last, begin), stretch(begin, begin + length, UP, FAILING)]
        last = begin + length
    return [*rows, stretch(last, None)]


@pytest.mark.parametrize(
    ("stretches", "judged", "bad", "count"),
    [
        ([stretch(0, None)], 600, 0, 0),
        ([stretch(0, 100), stretch(100, 105, UP, FAILING), stretch(105, None)], 600, 60, 1),
        ([stretch(0, 100), stretch(100, 300, UP, FAILING), stretch(300, None)], 600, 200, 1),
        ([stretch(0, 100), stretch(100, 120, DOWN, FAILING), stretch(120, None)], 600, 60, 1),
        ([stretch(0, 590), stretch(590, None, UP, FAILING)], 600, 10, 1),
        # two beside each other are two, though their intervals touch
        (
            [
                stretch(0, 100),
                stretch(100, 105, UP, FAILING),
                stretch(105, 160),
                stretch(160, 165, UP, FAILING),
                stretch(165, None),
            ],
            600,
            120,
            2,
        ),
        # what lies between two bad times and is left out makes them no two
        (
            [stretch(0, 100, DOWN), stretch(100, 200, Mark.UNKNOWN), stretch(200, 300, DOWN)],
            200,
            200,
            1,
        ),
        # maintenance lies over all of it, and is not made bad by what began before
        (
            [*failures(100), stretch(110, 400, MAINTENANCE)],
            310,
            10,
            1,
        ),
        ([stretch(0, 100, Mark.OURS, Blame.CREDENTIAL), stretch(100, None)], 500, 0, 0),
        ([stretch(0, 100, Mark.OURS, Blame.NETWORK), stretch(100, None)], 500, 0, 0),
        ([stretch(0, 100, Mark.OURS, Blame.APPLICATION), stretch(100, None)], 600, 100, 1),
        ([stretch(0, 100, Mark.BLOCKED), stretch(100, None)], 500, 0, 0),
        ([stretch(0, 100, Mark.UNCLEAR), stretch(100, None)], 600, 100, 1),
        ([stretch(0, 100, Mark.DEGRADED), stretch(100, None)], 600, 0, 0),
        ([], 0, 0, 0),
    ],
)
def test_what_time_counts_as_for_an_objective(
    stretches: list[Stretch], judged: float, bad: float, count: int
) -> None:
    assert sums(account(stretches, 600), 0, 600) == (judged, bad, count)


@pytest.mark.parametrize(
    ("throttled", "judged", "bad"),
    [(Counts.UP, 600, 0), (Counts.DOWN, 600, 100), (Counts.EXCLUDED, 500, 0)],
)
def test_throttled_counts_as_the_contract_says(
    throttled: Counts, judged: float, bad: float
) -> None:
    found = account([stretch(0, 100, Mark.THROTTLED), stretch(100, None)], 600, throttled=throttled)
    assert sums(found, 0, 600)[:2] == (judged, bad)


def test_while_the_monitor_was_away_nothing_is_judged() -> None:
    found = account([stretch(0, None)], 600, there=[(0, 100), (400, 600)])
    assert sums(found, 0, 600) == (300, 0, 0)


def test_a_window_cuts_what_reaches_into_it() -> None:
    found = account([stretch(0, 100), stretch(100, 300, DOWN), stretch(300, None)], 600)
    assert sums(found, 200, 400) == (200, 100, 0)
    assert sums(found, 50, 150) == (100, 50, 1)
    assert sums(found, 600, 700) == (0, 0, 0)


def test_the_cause_is_what_was_wrong_the_longest() -> None:
    found = account(
        [stretch(0, 50, DOWN, "server_error"), stretch(50, 400, DOWN, "unreachable")], 600
    )
    assert found.cause(ms(at(0)), ms(at(600))) == "unreachable"
    assert found.cause(ms(at(0)), ms(at(60))) == "server_error"
    assert found.cause(ms(at(500)), ms(at(600))) == ""


# ---------------------------------------------------------------- extra samples


def of_probes(probes: Iterable[tuple[float, bool]], until: float) -> Account:
    told = Telling()
    for seconds, good in sorted(probes):
        told.see(seconds, Category.OK if good else BAD)
    return account(told.rows.values(), until)


@given(
    st.lists(st.booleans(), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(1, 59)), max_size=30, unique=True),
    st.integers(0, 1800),
    st.integers(0, 1800),
)
def test_more_probes_that_see_the_same_change_nothing(
    states: list[bool], more: list[tuple[int, int]], one: int, other: int
) -> None:
    states = [True, *states]  # of whom nothing is known, a failure says nothing yet
    grid = [(slot * EVERY, good) for slot, good in enumerate(states)]
    between = [(slot * EVERY + s, states[slot]) for slot, s in more if slot < len(states)]
    until = len(states) * EVERY
    plain, denser = of_probes(grid, until), of_probes(grid + between, until)
    begin, end = sorted((one, other))
    assert sums(plain, begin, end) == sums(denser, begin, end)
    assert sums(plain, 0, until)[:2] == (until, EVERY * states.count(False))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 59)), min_size=1, max_size=30))
def test_probes_that_confirm_or_not_add_no_more_than_the_failure_itself(
    slots: list[tuple[bool, int]],
) -> None:
    """A failed probe on the grid speaks for its interval, whatever a quick look after it saw."""
    slots = [(True, 1), *slots]
    grid = [(slot * EVERY, good) for slot, (good, _) in enumerate(slots)]
    quick = [(slot * EVERY + s, True) for slot, (good, s) in enumerate(slots) if not good]
    until = len(slots) * EVERY
    bad = EVERY * sum(not good for good, _ in slots)
    assert sums(of_probes(grid + quick, until), 0, until)[:2] == (until, bad)


# ---------------------------------------------------------------- rules


RULE = BurnRule(6, 6 * H, 1800)
HALF = Objective(99.5, (RULE,))


def eroding(number: int, until: float) -> list[Stretch]:
    """Return so many failed probes, ten minutes apart, the last ten minutes before the end."""
    return failures(*(until - 600 * n for n in range(number, 0, -1)))


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 12])
def test_a_rule_fires_with_the_failures_that_the_table_says(number: int) -> None:
    """99.5 % at 60 s: 6 times too fast in 6 h are 11 failed probes."""
    found = burn_of(account(eroding(number, 8 * H), 8 * H), RULE, HALF, EVERY, ms(at(8 * H)))
    assert found.fires is (number >= failures_to_fire(EVERY, HALF, RULE))


def test_what_is_over_in_the_long_window_only_is_past() -> None:
    found = burn_of(account(eroding(12, 6 * H), 8 * H), RULE, HALF, EVERY, ms(at(8 * H)))
    assert (found.long or 0) > 6
    assert (found.short, found.fires, found.calm) == (0, False, True)


def test_one_outage_is_no_erosion_and_neither_are_two() -> None:
    for number in (1, 2, 3):
        rows = failures(*(H * n for n in range(1, number + 1)), length=1500)
        found = burn_of(account(rows, 5 * H), RULE, HALF, EVERY, ms(at(number * H + 1600)))
        assert found.failures == number
        assert (found.long or 0) > 6
        assert found.fires is (number == 3)


def test_too_little_that_could_be_judged_says_nothing() -> None:
    rows = failures(60, 180, 300, 420)
    early = burn_of(account(rows, 600), RULE, HALF, EVERY, ms(at(600)))
    assert ((early.long or 0) > 6, early.failures, early.fires) == (True, 4, False)
    assert burn_of(account(rows, 1200), RULE, HALF, EVERY, ms(at(1200))).fires


def test_it_ends_when_the_last_two_short_windows_hold_no_more_than_one_of_them_may() -> None:
    """3 % of half an hour are 54 s: one failed probe in the last hour is too much."""
    rows = eroding(12, 6 * H)
    last = 6 * H - 600
    for minutes, calm in ((30, False), (59, False), (61, True)):
        now = last + minutes * 60
        assert burn_of(account(rows, now), RULE, HALF, EVERY, ms(at(now))).calm is calm


def test_maintenance_ends_nothing_and_fires_nothing() -> None:
    rows = [*eroding(12, 6 * H), stretch(6 * H, 9 * H, MAINTENANCE)]
    now = 8 * H
    found = burn_of(account(rows, now), RULE, HALF, EVERY, ms(at(now)))
    assert (found.short, found.fires, found.calm) == (None, False, False)


@given(
    target=st.integers(5000, 9999).map(lambda n: n / 100),
    every=st.integers(1, 1800),
    over=st.integers(1, 200).map(lambda n: n / 10),
    hours=st.integers(1, 72),
    when=st.floats(0, 1),
)
def test_one_failure_never_fires_where_the_table_says_that_it_takes_two(
    target: float, every: int, over: float, hours: int, when: float
) -> None:
    long = hours * H
    rule = BurnRule(over, long, min(max(every, long / 12), long), min_failures=1, min_samples=1)
    objective = Objective(target, (rule,))
    rows = failures(long * when, length=min(every, 5))
    found = burn_of(account(rows, long, every=every), rule, objective, every, ms(at(long)))
    if failures_to_fire(every, objective, rule) > 1:
        assert not found.fires


# ---------------------------------------------------------------- the budget


def test_the_error_budget_is_that_of_thirty_days() -> None:
    """99.5 % of 30 days are 3 h 36 min; 54 min are a quarter of that."""
    rows = [stretch(0, H), stretch(H, H + 54 * 60, DOWN, FAILING), stretch(H + 54 * 60, None)]
    held = held_at(account(rows, 10 * H), HALF, EVERY, ms(at(10 * H)))
    assert (held.budget, held.bad, held.left) == (12_960, 3240, 0.75)
    assert held_at(account(rows, 5 * H), HALF, EVERY, ms(at(5 * H))).causes == (FAILING,)
    assert rates_of(held) == {21_600.0: 0.0, 1800.0: 0.0}
    later = held_at(account(rows, WINDOW + 3 * H), HALF, EVERY, ms(at(WINDOW + 3 * H)))
    assert (later.bad, later.left) == (0, 1), "what is older is forgiven"


def test_a_budget_can_be_overdrawn() -> None:
    held = held_at(account([stretch(0, None, DOWN)], 6 * H), HALF, EVERY, ms(at(6 * H)))
    assert held.left == pytest.approx(-2 / 3)
    assert replace(held, bad=0.0).left == 1
