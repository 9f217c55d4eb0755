"""Budgets beside a plain description, and as stories: who goes when, and that all go in the end."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from monitor.core.budget import Allowance, Budget
from tests.core.plain_budget import PlainBudget, PlainLane

NAMES = st.sampled_from("abcdefgh")


class BudgetBesideAPlainOne(RuleBasedStateMachine):
    """Two budgets are asked the same; they must say the same. All times are quarters of seconds."""

    @initialize(
        requests=st.integers(1, 6),
        reserve=st.integers(0, 3),
        per=st.sampled_from([1.0, 10.0]),
        heavy=st.booleans(),
    )
    def begin(self, requests: int, reserve: int, per: float, *, heavy: bool) -> None:
        reserve = min(reserve, requests - 1)
        self.now, self.per, self.heavy = 100.0, per, heavy
        self.limit = requests
        self.budget = Budget(Allowance(requests, per, reserve))
        self.plain = PlainBudget(PlainLane(requests - reserve, per), PlainLane(reserve, per))
        self.back_at: dict[str, tuple[float, int, bool]] = {}

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 2.5, 9.75, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(who=NAMES, urgent=st.booleans(), requests=st.integers(1, 4))
    def somebody_asks(self, who: str, requests: int, *, urgent: bool) -> None:
        requests = requests if self.heavy else 1
        said = self.budget.ask(who, self.now, requests=requests, urgent=urgent)
        plain = self.plain.ask(who, self.now, requests=requests, urgent=urgent)
        assert said == plain
        if said == 0:
            self.back_at.pop(who, None)
        else:
            self.back_at[who] = (self.now + said, requests, urgent)

    @precondition(lambda self: self.back_at)
    @rule()
    def whoever_is_due_first_comes_back_in_time(self) -> None:
        who = min(self.back_at, key=lambda name: self.back_at[name][0])
        at, requests, urgent = self.back_at[who]
        self.now = max(self.now, at)
        self.somebody_asks(who=who, requests=requests, urgent=urgent)

    @rule(who=NAMES)
    def somebody_leaves(self, who: str) -> None:
        self.budget.leave(who)
        self.plain.leave(who)
        self.back_at.pop(who, None)

    @rule(who=NAMES)
    def what_was_granted_is_not_sent(self, who: str) -> None:
        if self.budget.ask(who, self.now) == 0:
            self.budget.take_back()
            self.plain.leave(who)
            self.back_at.pop(who, None)
        else:
            self.plain.ask(who, self.now, requests=1, urgent=False)
            self.budget.leave(who)
            self.somebody_leaves(who=who)

    @invariant()
    def never_more_than_the_budget_in_any_stretch_of_time(self) -> None:
        usual, kept = self.plain.usual, self.plain.kept
        assert usual.most_at_once() <= usual.limit
        assert kept.most_at_once() <= kept.limit
        both = PlainLane(self.limit, self.per, usual.let_through + kept.let_through)
        assert both.most_at_once() <= self.limit
        assert self.budget.used(self.now) == len(both._in(both.let_through, self.now))

    @invariant()
    def the_line_is_no_longer_than_there_are_people(self) -> None:
        assert len(self.budget.waiting(self.now)) <= len("abcdefgh")


TestBudgetBesideAPlainOne = BudgetBesideAPlainOne.TestCase
TestBudgetBesideAPlainOne.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)


# ---------------------------------------------------------------- stories


def play(budget: Budget, everybody: dict[str, float], until: float) -> dict[str, list[float]]:
    """Let each ask at its time and come back as told, then every minute; return who went when."""
    went: dict[str, list[float]] = {who: [] for who in everybody}
    due = dict(everybody)
    grid = dict(everybody)
    while (now := min(due.values())) < until:
        who = min(due, key=lambda name: (due[name], name))
        wait = budget.ask(who, now)
        if wait:
            due[who] = now + wait
            continue
        went[who].append(now)
        while grid[who] <= now:
            grid[who] += 60.0
        due[who] = grid[who]
    return went


def test_a_budget_that_suffices_delays_nobody() -> None:
    everybody = {f"e{n:02}": float(n) for n in range(48)}
    budget = Budget(Allowance(60, 60.0, reserve=12))
    went = play(budget, everybody, 600.0)
    assert went == {who: [start + 60.0 * n for n in range(10)] for who, start in everybody.items()}
    assert budget.delayed == 0


def test_who_all_come_at_once_go_one_after_the_other_as_soon_as_there_is_room() -> None:
    budget = Budget(Allowance(10, 60.0))
    waits = [budget.ask(f"e{n:02}", 0.0) for n in range(25)]
    assert waits == [0.0] * 10 + [60.0] * 10 + [120.0] * 5
    assert budget.delayed == 15


def test_with_twice_as_many_as_there_is_room_for_everybody_gets_every_other_turn() -> None:
    everybody = {f"e{n:02}": 0.5 * n for n in range(100)}
    went = play(Budget(Allowance(50, 60.0)), everybody, 6000.0)
    turns = [len(times) for times in went.values()]
    assert max(turns) - min(turns) <= 1
    assert min(turns) >= 49
    gaps = [b - a for times in went.values() for a, b in pairwise(times)]
    assert max(gaps) <= 180.0


def test_what_is_urgent_does_not_stand_behind_the_others() -> None:
    budget = Budget(Allowance(10, 60.0, reserve=2))
    for n in range(20):
        budget.ask(f"e{n:02}", 0.0)
    assert [budget.ask(who, 1.0, urgent=True) for who in ("t1", "t2")] == [0.0, 0.0]
    assert budget.ask("t3", 1.0, urgent=True) == 60.0, "the reserve has a limit too"
    assert budget.used(1.0) == 10


def test_one_that_waited_and_became_urgent_changes_lanes() -> None:
    budget = Budget(Allowance(2, 60.0, reserve=1))
    assert budget.ask("a", 0.0) == 0.0
    assert budget.ask("b", 0.0) == 60.0
    assert budget.ask("b", 1.0, urgent=True) == 0.0
    assert budget.waiting(1.0) == []


def test_one_that_does_not_come_back_is_waited_for_and_then_forgotten() -> None:
    budget = Budget(Allowance(1, 10.0))
    assert budget.ask("first", 0.0) == 0.0
    assert budget.ask("gone", 0.0) == 10.0
    assert budget.ask("last", 0.0) == 20.0
    assert budget.ask("last", 15.0) == 10.0, "its place is kept"
    assert budget.ask("last", 20.0) == 0.0


def test_what_was_sent_before_the_start_counts() -> None:
    budget = Budget(Allowance(2, 60.0))
    budget.remember(40.0)
    budget.remember(30.0)
    assert budget.ask("a", 50.0) == 40.0
    assert budget.ask("b", 50.0) == 50.0


@pytest.mark.parametrize(("requests", "wait"), [(3, 40.0), (4, 30.0), (50, 0.0)])
def test_other_numbers_hold_at_once_for_what_went_before_too(requests: int, wait: float) -> None:
    budget = Budget(Allowance(5, 60.0))
    for at in (0.0, 10.0, 20.0, 30.0):
        assert budget.ask(f"at {at}", at) == 0.0
    budget.adopt(Allowance(requests, 60.0))
    assert budget.ask("a", 30.0) == wait


def test_one_in_line_for_more_than_there_is_now_gets_what_there_is() -> None:
    budget = Budget(Allowance(5, 60.0))
    assert [budget.ask(who, 0.0, requests=4) for who in "ab"] == [0.0, 60.0]
    budget.adopt(Allowance(2, 60.0))
    assert budget.ask("c", 0.0) == 120.0
    assert budget.ask("b", 60.0, requests=4) == 0.0
    assert budget.used(60.0) == 2


def test_a_probe_of_more_requests_than_there_are_takes_them_all() -> None:
    budget = Budget(Allowance(4, 60.0))
    assert budget.ask("talks", 0.0, requests=9) == 0.0
    assert budget.used(0.0) == 4
    assert budget.ask("asks", 1.0) == 59.0
