"""When outages are flapping, what time brings then, and what is said of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.core.flapping import (
    Flapping,
    Tally,
    Turn,
    began,
    ended,
    found,
    is_flapping,
    key_of,
    period,
    so_far,
    summed,
    thing_of,
    turn,
)
from monitor.core.health import Health
from tests.clock import START

POLICY = Flapping()


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def tally(*outages: tuple[float, float | None], summed_at: float = 0.0) -> Tally:
    """Return what was counted of outages, each from one minute to another, None for going on."""
    (first, _), *_ = outages
    counted = Tally(at(first), at(first), at(summed_at), outages=0)
    for begin, end in outages:
        counted = began(counted, at(begin))
        if end is not None:
            counted = ended(counted, at(end), began_at=at(begin))
    return counted


FOUR = ((0.0, 2.0), (10.0, 12.0), (20.0, 22.0), (30.0, 34.0))


def test_a_key_says_what_flaps() -> None:
    assert key_of("platform:us1") == "flapping:platform:us1"
    assert thing_of(key_of("a")) == thing_of("a") == "a"
    assert (is_flapping(key_of("a")), is_flapping("a")) == (True, False)


def test_a_tally_counts_outages_and_the_time_of_those_that_are_over() -> None:
    counted = tally(*FOUR)
    assert (counted.outages, counted.down, counted.longest) == (4, 600.0, 240.0)
    assert (counted.first, counted.last, counted.up_since) == (at(0), at(30), at(34))
    down = began(counted, at(40))
    assert (down.outages, down.up_since) == (5, None)
    assert ended(down, at(41), began_at=None).down == 600.0, "its time belongs to another"
    assert ended(down, at(39), began_at=at(40)).down == 600.0, "a clock that is set back"


@pytest.mark.parametrize(
    ("begins", "minutes"),
    [
        ((0, 10, 20, 30), 10),
        ((0, 3, 6, 9), 7.5),
        ((0, 20, 40, 60), 20),
        ((0, 50, 100, 150), 30),
        ((0,), 7.5),
    ],
)
def test_the_period_is_the_mean_within_bounds(begins: tuple[float, ...], minutes: float) -> None:
    assert period(tally(*((one, one + 1) for one in begins)), POLICY) == minutes * 60


DOWN = (*FOUR[:3], (30.0, None))


@pytest.mark.parametrize(
    ("outages", "now", "well", "turned"),
    [
        (DOWN, 39.9, False, None),
        (DOWN, 40, False, Turn.STAYS_DOWN),
        (DOWN, 90, False, Turn.STAYS_DOWN),
        (FOUR, 53.9, True, None),
        (FOUR, 54, True, Turn.QUIET),
        (FOUR, 54, False, None),
        (FOUR, 60, False, Turn.DIGEST),
        (FOUR, 60, True, Turn.QUIET),
        ((*FOUR, (59.0, None)), 59.9, False, None),
        ((*FOUR, (59.0, None)), 60, False, Turn.DIGEST),
    ],
)
def test_what_time_brings(
    outages: tuple[tuple[float, float | None], ...],
    now: float,
    well: bool,
    turned: Turn | None,
) -> None:
    counted = tally(*outages, summed_at=30)
    assert turn(counted, POLICY, at(now), well=well) is turned


def test_nothing_new_is_no_digest() -> None:
    counted = tally(*FOUR, summed_at=35)
    assert turn(counted, POLICY, at(70), well=False) is None


def test_one_that_stays_down_is_told_once_and_that_it_works_again() -> None:
    counted = replace(tally(*DOWN, summed_at=40), stays_down=True)
    assert turn(counted, POLICY, at(200), well=False) is None
    up = ended(counted, at(200), began_at=at(30))
    assert turn(up, POLICY, at(200), well=True) is Turn.UP_AGAIN


@pytest.mark.parametrize(
    ("outages", "health", "words"),
    [
        (DOWN, Health.DOWN, "4 outages within 60 min, down 29 % of the time"),
        (DOWN, Health.THROTTLED, "4 times in trouble within 60 min, in trouble 29 % of the time"),
    ],
)
def test_why_it_is_called_flapping(
    outages: tuple[tuple[float, float | None], ...], health: Health, words: str
) -> None:
    assert found(tally(*outages), POLICY, health, at(34)) == words


def test_the_words_of_a_digest_say_how_it_stands() -> None:
    assert so_far(tally(*DOWN), Health.DOWN, at(34)) == (
        "4 outages since 18:00 UTC, down 29 % of the time, down since 18:30 UTC"
    )
    assert so_far(tally(*FOUR), Health.DOWN, at(40)) == (
        "4 outages since 18:00 UTC, down 25 % of the time, up since 18:34 UTC"
    )


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (54, "from 18:00 to 18:34 UTC, down for 10 min in all, 4 min at most; up for 20 min"),
        (
            34 + 12 * 60,
            (
                "from 2026-11-22 18:00 to 2026-11-22 18:34 UTC, down for 10 min in all,"
                " 4 min at most; up for 12 h"
            ),
        ),
        (
            34.5,
            "from 18:00 to 18:34 UTC, down for 10 min in all, 4 min at most; up for 30 s",
        ),
    ],
)
def test_the_words_at_the_end(now: float, words: str) -> None:
    assert summed(tally(*FOUR), Health.DOWN, at(now)) == f"4 outages {words}"


def test_a_flap_that_has_no_length_yet_is_down_all_the_time() -> None:
    only = tally((0, 0), (0, None))
    assert found(only, replace(POLICY, within=5400.0), Health.DOWN, at(0)) == (
        "2 outages within 90 min, down 100 % of the time"
    )
