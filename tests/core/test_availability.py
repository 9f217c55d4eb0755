"""The contract's figures: by hand, and against a count of every single moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.availability import Figures, Region, Watch, assess
from monitor.core.marks import Counts, RegionDown, Terms
from monitor.core.month import Month
from monitor.core.stretch import Mark, Presence, Stretch

START, END = Month.parse("2026-11").span(UTC)
MINUTE = 60_000
MS = timedelta(milliseconds=1)
WHOLE = (Presence(START, END),)
USUAL = Terms()


def at(day: int, clock: str = "00:00") -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 11, day, hours, minutes, tzinfo=UTC)


def stretch(mark: Mark, begin: datetime, end: datetime | None, **more: Any) -> Stretch:
    return Stretch(**{"endpoint": "iam", "region": "us1", **more}, mark=mark, begin=begin, end=end)


def region(
    *stretches: Stretch,
    presences: tuple[Presence, ...] = WHOLE,
    now: datetime = END,
    terms: Terms = USUAL,
) -> Region:
    (found,) = assess(Watch("here", stretches, presences), START, END, now, terms)
    return found


def whole(*stretches: Stretch, **more: Any) -> Figures:
    return region(*stretches, **more).whole.figures


# ---------------------------------------------------------------- by hand


def test_thirty_days_allow_43_minutes_and_12_seconds() -> None:
    figures = whole(stretch(Mark.UP, START, None))
    assert figures.allowed == figures.left == 43 * MINUTE + 12_000
    assert (figures.availability, figures.coverage, figures.met) == (1.0, 1.0, True)
    assert figures.total == figures.judged == 30 * 24 * 60 * MINUTE


def test_an_outage_is_what_is_used_of_them() -> None:
    figures = whole(
        stretch(Mark.UP, START, at(5)),
        stretch(Mark.DOWN, at(5), at(5, "00:40")),
        stretch(Mark.UP, at(5, "00:40"), None),
    )
    assert figures.down == 40 * MINUTE
    assert figures.left == 3 * MINUTE + 12_000
    assert figures.met
    assert figures.availability == pytest.approx(1 - 40 / 43_200)


def test_maintenance_lies_over_an_outage_and_is_left_out() -> None:
    figures = whole(
        stretch(Mark.DOWN, at(5), at(5, "02:00")),
        stretch(Mark.MAINTENANCE, at(5, "00:30"), at(5, "01:30")),
        stretch(Mark.UP, START, at(5)),
        stretch(Mark.UP, at(5, "02:00"), None),
    )
    assert (figures.down, figures.parts[Mark.MAINTENANCE]) == (60 * MINUTE, 60 * MINUTE)
    assert figures.met is False
    assert figures.left == 43 * MINUTE + 12_000 - 60 * MINUTE


def test_what_nobody_saw_is_neither_up_nor_down() -> None:
    """The monitor was installed on the 16th and away for a day in the middle of an outage."""
    figures = whole(
        stretch(Mark.UP, at(16), at(20)),
        stretch(Mark.DOWN, at(20), at(22)),
        stretch(Mark.UP, at(22), None),
        presences=(Presence(at(16), at(20, "12:00")), Presence(at(21, "12:00"), END)),
    )
    assert figures.down == 24 * 60 * MINUTE
    assert figures.parts[Mark.UNWATCHED] == 16 * 24 * 60 * MINUTE
    assert figures.coverage == pytest.approx(14 / 30)


@pytest.mark.parametrize("mark", [Mark.OURS, Mark.BLOCKED, Mark.UNKNOWN])
def test_what_says_nothing_about_omilia_is_left_out(mark: Mark) -> None:
    figures = whole(stretch(mark, START, at(16)), stretch(Mark.UP, at(16), None))
    assert (figures.down, figures.availability) == (0, 1.0)
    assert figures.parts[mark] == 15 * 24 * 60 * MINUTE
    assert figures.coverage == 0.5


@pytest.mark.parametrize(
    ("throttled", "down", "judged"),
    [(Counts.UP, 0, 30), (Counts.DOWN, 1, 30), (Counts.EXCLUDED, 0, 29)],
)
def test_throttling_counts_as_the_terms_say(throttled: Counts, down: int, judged: int) -> None:
    figures = whole(
        stretch(Mark.THROTTLED, START, at(2)),
        stretch(Mark.UP, at(2), None),
        terms=Terms(throttled=throttled),
    )
    day = 24 * 60 * MINUTE
    assert (figures.down, figures.judged, figures.parts[Mark.THROTTLED]) == (
        down * day,
        judged * day,
        day,
    )


def test_a_month_that_goes_on_has_time_ahead_and_a_projection() -> None:
    figures = whole(
        stretch(Mark.DOWN, START, at(1, "00:10")),
        stretch(Mark.UP, at(1, "00:10"), None),
        presences=(Presence(START, at(11)),),
        now=at(11) + timedelta(seconds=20),
    )
    assert figures.ahead == 20 * 24 * 60 * MINUTE
    assert figures.coverage == 1.0, "what is not yet written is not yet missing"
    assert figures.projected == 30 * MINUTE
    assert figures.left == 33 * MINUTE + 12_000


def test_a_monitor_that_is_gone_has_not_seen_what_came_after() -> None:
    figures = whole(stretch(Mark.UP, START, None), presences=(Presence(START, at(11)),), now=at(21))
    assert figures.parts[Mark.UNWATCHED] == figures.ahead == 10 * 24 * 60 * MINUTE


def test_a_month_that_nobody_watched_has_no_figure() -> None:
    figures = whole(stretch(Mark.UP, at(3), None), presences=())
    assert (figures.availability, figures.met, figures.coverage) == (None, None, 0.0)


def test_downtime_is_known_within_the_bounds_of_the_looks() -> None:
    found = region(
        stretch(Mark.UP, START, at(5), end_after=at(5) - timedelta(minutes=1)),
        stretch(
            Mark.DOWN,
            at(5),
            at(5, "00:10"),
            begin_after=at(5) - timedelta(minutes=1),
            end_after=at(5, "00:08"),
        ),
        stretch(Mark.UP, at(5, "00:10"), None, begin_after=at(5, "00:08")),
    )
    figures = found.whole.figures
    assert (figures.least, figures.down, figures.most) == (8 * MINUTE, 10 * MINUTE, 11 * MINUTE)
    for account in (found.whole, *found.endpoints):
        (run,) = account.runs
        assert run.begin_after == at(5) - timedelta(minutes=1)
        assert run.end_after == at(5, "00:08")


# ---------------------------------------------------------------- regions


def two(rule: RegionDown) -> Region:
    """Tell of two endpoints: one down from 0:00 to 0:20, the other from 0:10 to 0:40."""
    return region(
        *(
            stretch(mark, begin, end, endpoint=name, incident=incident, reason=incident)
            for name, mark, begin, end, incident in (
                ("iam", Mark.UP, START, at(5), ""),
                ("iam", Mark.DOWN, at(5), at(5, "00:20"), "one"),
                ("iam", Mark.UP, at(5, "00:20"), None, ""),
                ("nlu", Mark.UP, START, at(5, "00:10"), ""),
                ("nlu", Mark.DOWN, at(5, "00:10"), at(5, "00:40"), "two"),
                ("nlu", Mark.UP, at(5, "00:40"), None, ""),
            )
        ),
        terms=Terms(region_down=rule),
    )


@pytest.mark.parametrize(
    ("rule", "minutes"), [(RegionDown.ANY, 40), (RegionDown.MAJORITY, 10), (RegionDown.ALL, 10)]
)
def test_how_many_make_a_region_down_is_a_term(rule: RegionDown, minutes: int) -> None:
    found = two(rule)
    assert found.whole.figures.down == minutes * MINUTE
    assert [one.figures.down for one in found.endpoints] == [20 * MINUTE, 30 * MINUTE]


def test_the_downtime_of_a_region_names_who_was_down_and_the_incidents() -> None:
    (run,) = two(RegionDown.ANY).whole.runs
    assert (run.begin, run.end, run.ongoing) == (at(5), at(5, "00:40"), False)
    assert run.endpoints == ("iam", "nlu")
    assert run.incidents == ("one", "two")
    (run,) = two(RegionDown.ALL).whole.runs
    assert (run.begin, run.end, run.endpoints) == (at(5, "00:10"), at(5, "00:20"), ("iam", "nlu"))


def test_only_critical_endpoints_make_a_region_down() -> None:
    down = stretch(Mark.DOWN, START, None, endpoint="extra", critical=False)
    found = region(stretch(Mark.UP, START, None), down)
    assert found.whole.figures.down == 0
    assert [one.figures.met for one in found.endpoints] == [False, True]
    assert region(down).whole.figures.met is False, "unless there are no others"


def test_who_cannot_be_judged_does_not_decide() -> None:
    """One endpoint is misconfigured for the whole month: the others still say how it was."""
    wrong = stretch(Mark.OURS, START, None, endpoint="wrong", cause="misconfigured")
    found = region(stretch(Mark.UP, START, None), wrong)
    assert (found.whole.figures.coverage, found.whole.figures.met) == (1.0, True)
    blocked = stretch(Mark.BLOCKED, START, None, endpoint="nlu")
    down = region(stretch(Mark.DOWN, START, None), blocked, terms=Terms(region_down=RegionDown.ALL))
    assert down.whole.figures.availability == 0.0


def test_regions_are_counted_apart() -> None:
    stretches = (
        stretch(Mark.UP, START, None),
        stretch(Mark.DOWN, START, None, endpoint="b", region="eu1"),
    )
    found = assess(Watch("here", stretches, WHOLE), START, END, END, Terms())
    assert [(one.whole.region, one.whole.figures.met) for one in found] == [
        ("eu1", False),
        ("us1", True),
    ]


# ---------------------------------------------------------------- against a count of every moment

SPAN = 24
MOMENTS = st.integers(-3, SPAN + 3)
STORED = [mark for mark in Mark if mark is not Mark.UNWATCHED]


@st.composite
def stretches_of(draw: st.DrawFn) -> list[Stretch]:
    found = []
    for _ in range(draw(st.integers(0, 10))):
        begin, end = draw(MOMENTS), draw(st.none() | MOMENTS)
        found.append(
            stretch(
                draw(st.sampled_from(STORED)),
                START + begin * MS,
                None if end is None else START + end * MS,
                endpoint=draw(st.sampled_from("ab")),
                begin_after=draw(st.none() | st.integers(-3, begin).map(lambda n: START + n * MS)),
                end_after=draw(st.none() | MOMENTS.map(lambda n: START + n * MS)),
            )
        )
    return found


presences_of = st.lists(
    st.tuples(MOMENTS, MOMENTS).map(lambda two: Presence(START + two[0] * MS, START + two[1] * MS)),
    max_size=3,
)
TERMS = st.builds(
    Terms,
    region_down=st.sampled_from(RegionDown),
    throttled=st.sampled_from(Counts),
    unclear=st.sampled_from(Counts),
)


def counted(watch: Watch, now: datetime, terms: Terms) -> tuple[Region, ...]:
    return assess(watch, START, START + SPAN * MS, now, terms)


@given(stretches_of(), presences_of, MOMENTS, TERMS)
def test_the_parts_add_up_exactly_whatever_the_ledger_holds(
    stretches: list[Stretch], presences: list[Presence], now: int, terms: Terms
) -> None:
    for found in counted(Watch("here", stretches, presences), START + now * MS, terms):
        for account in (found.whole, *found.endpoints):
            figures = account.figures
            assert figures.total == SPAN
            assert all(part >= 0 for part in (*figures.parts.values(), figures.ahead))
            assert 0 <= figures.down <= figures.judged <= SPAN
            assert figures.least <= figures.down <= figures.most
            assert (
                sum((run.end - run.begin) // MS for run in account.runs if terms.is_down(run.mark))
                == figures.down
            )


@given(stretches_of(), presences_of, TERMS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_read_is_irrelevant_and_so_is_reading_it_twice(
    stretches: list[Stretch], presences: list[Presence], terms: Terms, dice: Any
) -> None:
    end = START + SPAN * MS
    first = counted(Watch("here", stretches, presences), end, terms)
    mixed, there = stretches + stretches, presences + presences
    dice.shuffle(mixed)
    dice.shuffle(there)
    assert counted(Watch("here", mixed, there), end, terms) == first


@given(stretches_of(), presences_of, TERMS)
def test_a_region_is_what_a_count_of_every_moment_says(
    stretches: list[Stretch], presences: list[Presence], terms: Terms
) -> None:
    for found in counted(Watch("here", stretches, presences), START + SPAN * MS, terms):
        down = judged = 0
        names = {one.endpoint for one in stretches}
        for tick in range(SPAN):
            marks = [_at(tick, name, stretches, presences) for name in names]
            known = [mark for mark in marks if terms.judges(mark)]
            bad = sum(map(terms.is_down, marks))
            enough = {"any": 1, "majority": len(known) // 2 + 1, "all": len(known)}
            judged += bool(known)
            down += bool(known) and bad >= enough[terms.region_down]
        assert (found.whole.figures.judged, found.whole.figures.down) == (judged, down)


def _at(tick: int, name: str, stretches: list[Stretch], presences: list[Presence]) -> Mark:
    now = START + tick * MS
    covering = [
        one
        for one in stretches
        if one.endpoint == name and one.begin <= now and (one.end is None or now < one.end)
    ]
    if not any(one.begin <= now < one.seen for one in presences):
        return Mark.UNWATCHED
    if any(one.mark is Mark.MAINTENANCE for one in covering):
        return Mark.MAINTENANCE
    ends = datetime.max.replace(tzinfo=UTC)
    latest = max(covering, key=lambda s: (s.begin, s.end or ends, s.mark, repr(s)), default=None)
    return Mark.UNWATCHED if latest is None else latest.mark
