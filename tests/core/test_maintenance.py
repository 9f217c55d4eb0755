"""Windows on a line of time: half-open, merged where they overlap or touch, limited to a scope."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.endpoint import Endpoint
from monitor.core.maintenance import AFTER_ALL, BEFORE_ALL, EVERYTHING, Plan, Scope, Window, ended
from tests.clock import START
from tests.examples import an_endpoint

CHAT = replace(an_endpoint("chat"), group="platform", region="us1")
OTHER = replace(an_endpoint("other"), group="apps", region="eu1")
TICK = timedelta(microseconds=1)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def window(start: float, end: float, name: str = "patch", scope: Scope = EVERYTHING) -> Window:
    return Window(f"{name}-{start:g}", name, at(start), at(end), scope)


def covered(plan: Plan, now: datetime, endpoint: Endpoint = CHAT) -> bool:
    return plan.cover(endpoint, now) is not None


def stretch(plan: Plan, now: datetime) -> tuple[datetime, datetime]:
    cover = plan.cover(CHAT, now)
    assert cover is not None
    return cover.since, cover.until


# ---------------------------------------------------------------- one window


def test_a_window_is_active_from_its_start_on_and_no_longer_at_its_end() -> None:
    plan = Plan([window(1, 3)])
    assert [covered(plan, now) for now in (at(1) - TICK, at(1), at(3) - TICK, at(3))] == [
        False,
        True,
        True,
        False,
    ]


def test_a_window_that_ends_when_it_begins_is_none() -> None:
    assert Plan([window(1, 1), window(3, 2)]).windows == []


@pytest.mark.parametrize(
    ("scope", "chat", "other"),
    [
        (EVERYTHING, True, True),
        (Scope(endpoints=("chat",)), True, False),
        (Scope(groups=("apps",)), False, True),
        (Scope(regions=("us1",)), True, False),
        (Scope(endpoints=("other",), regions=("us1",)), True, True),
        (Scope(endpoints=("somebody",)), False, False),
    ],
)
def test_a_window_is_about_those_it_names_and_about_all_when_it_names_none(
    scope: Scope, chat: bool, other: bool
) -> None:
    plan = Plan([window(0, 1, scope=scope)])
    assert (covered(plan, at(0)), covered(plan, at(0), OTHER)) == (chat, other)


@pytest.mark.parametrize(("now", "end"), [(0, 1), (2, 2), (5, 3)])
def test_a_window_that_somebody_ends_is_over_now_and_never_began_when_it_had_not(
    now: float, end: float
) -> None:
    over = ended(window(1, 3), at(now), "ops")
    assert (over.end, over.ended_by) == (at(end), "ops")


def test_an_endpoint_that_is_configured_anew_is_looked_at_anew() -> None:
    plan = Plan([window(0, 1, scope=Scope(groups=("platform",)))])
    assert covered(plan, at(0))
    assert not covered(plan, at(0), replace(CHAT, group="apps"))
    assert covered(plan, at(0))


# ---------------------------------------------------------------- several


def test_windows_that_overlap_or_touch_are_one_stretch() -> None:
    plan = Plan([window(0, 2), window(1, 4), window(4, 5), window(6, 7)])
    for now in (0, 1.5, 3, 4, 4.9):
        assert stretch(plan, at(now)) == (at(0), at(5))
    assert not covered(plan, at(5))
    assert stretch(plan, at(6)) == (at(6), at(7))


def test_a_window_of_somebody_else_joins_nothing() -> None:
    others = Scope(endpoints=("other",))
    plan = Plan([window(0, 1), window(1, 2, scope=others), window(2, 3)])
    assert stretch(plan, at(0.5)) == (at(0), at(1))
    assert stretch(plan, at(2.5)) == (at(2), at(3))


def test_of_several_windows_the_one_that_ends_last_is_named() -> None:
    plan = Plan([window(0, 4, "long"), window(1, 2, "short")])
    cover = plan.cover(CHAT, at(1.5))
    assert cover is not None
    assert cover.window.name == "long"


def test_a_spell_lasts_until_the_next_window_begins_or_ends_for_anybody() -> None:
    plan = Plan([window(1, 3), window(2, 4, scope=Scope(endpoints=("other",)))])
    edges = [BEFORE_ALL, at(1), at(2), at(3), at(4), AFTER_ALL]
    spells = [plan.spell(now) for now in (at(0), at(1), at(2), at(3), at(4))]
    assert [(one.start, one.end) for one in spells] == list(pairwise(edges))
    assert [len(one.windows) for one in spells] == [0, 1, 2, 1, 0]
    assert plan.spell(at(4)) is plan.spell(at(9)), "the same spell is the same object"


def test_what_is_to_come_is_told_from_what_was() -> None:
    plan = Plan([window(3, 4), window(0, 1), window(1, 2)])
    assert [one.start for one in plan.from_(at(1))] == [at(1), at(3)]


def test_when_an_endpoint_came_out_of_maintenance_is_known_and_what_it_was_under() -> None:
    plan = Plan([window(0, 2, "first"), window(1, 3, "second"), window(5, 6, "later")])
    assert plan.released(CHAT, at(0.5), at(4)) == at(3)
    assert plan.released(CHAT, at(3), at(4)) is None, "it was out before"
    during = plan.during(CHAT, at(0.5)), plan.during(CHAT, at(1.5)), plan.during(CHAT, at(4))
    assert [one and one.name for one in during] == ["first", "second", None]


# ---------------------------------------------------------------- whatever windows there are

SCOPES = st.sampled_from([EVERYTHING, Scope(endpoints=("chat",)), Scope(groups=("apps",))])
WINDOWS = st.lists(
    st.builds(
        lambda start, length, scope, n: Window(str(n), "w", at(start), at(start + length), scope),
        st.integers(0, 30),
        st.integers(0, 6),
        SCOPES,
        st.integers(0, 10**6),
    ),
    max_size=12,
)
MOMENTS = st.integers(-4, 160).map(lambda quarter: at(quarter / 4))


@given(WINDOWS, MOMENTS)
def test_an_endpoint_is_covered_exactly_when_a_window_about_it_is_active(
    windows: list[Window], now: datetime
) -> None:
    mine = [one for one in windows if one.scope.covers(CHAT) and one.start <= now < one.end]
    cover = Plan(windows).cover(CHAT, now)
    assert (cover is not None) is bool(mine)
    if cover is not None:
        assert cover.window in mine
        assert cover.since <= now < cover.until


@given(WINDOWS, MOMENTS)
def test_a_stretch_has_no_moment_without_a_window_and_none_beside_it(
    windows: list[Window], now: datetime
) -> None:
    plan = Plan(windows)
    cover = plan.cover(CHAT, now)
    if cover is None:
        return
    edges = {edge for one in windows for edge in (one.start, one.end)}
    inside = [edge for edge in edges if cover.since <= edge < cover.until]
    assert all(stretch(plan, edge) == (cover.since, cover.until) for edge in inside)
    assert not covered(plan, cover.since - TICK)
    assert not covered(plan, cover.until)


@given(WINDOWS, st.lists(MOMENTS, max_size=8))
def test_the_order_of_windows_and_of_questions_changes_no_answer(
    windows: list[Window], moments: list[datetime]
) -> None:
    one, other = Plan(windows), Plan(reversed(windows))
    for now in (*moments, *reversed(moments)):
        assert [w.id for w in one.spell(now).windows] == [
            w.id for w in Plan(windows).spell(now).windows
        ]
        first, second = one.cover(CHAT, now), other.cover(CHAT, now)
        assert (first and (first.since, first.until)) == (second and (second.since, second.until))


@given(WINDOWS, MOMENTS)
def test_nothing_changes_within_a_spell(windows: list[Window], now: datetime) -> None:
    plan = Plan(windows)
    spell = plan.spell(now)
    assert spell.holds(now)
    last = spell.end - TICK
    assert covered(plan, last) is covered(plan, now)
    assert covered(plan, last, OTHER) is covered(plan, now, OTHER)
