"""Whether we can see: rounds of witnesses with hysteresis, and what silence is worth."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.exchange import Fault
from monitor.core.incident import Incident
from monitor.core.incident_book import IncidentBook
from monitor.core.network import NETWORK
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.sight import (
    ROUNDS,
    Heard,
    Sight,
    after,
    beside_a_stall,
    inconclusive,
    is_silence,
)
from tests.clock import START
from tests.examples import an_endpoint, an_outcome

QUORUM = 2


def heard(count: int, of: int = 3) -> list[Heard]:
    return [Heard(f"w{n}", n < count, "" if n < count else "no answer") for n in range(of)]


def seen(*rounds: int) -> Sight:
    sight = Sight()
    for number, count in enumerate(rounds):
        sight = after(sight, heard(count), QUORUM, START + timedelta(seconds=number))
    return sight


@pytest.mark.parametrize(
    ("rounds", "offline", "doubtful", "online"),
    [
        ((), False, False, None),
        ((3,), False, False, True),
        ((2,), False, False, True),  # one may be away
        ((1,), False, True, False),  # silence is worth nothing, but nobody is told yet
        ((1, 2), False, False, True),
        ((1, 0), True, True, False),
        ((0, 0, 3), True, True, False),  # not yet back
        ((0, 0, 3, 1, 3), True, True, False),
        ((0, 0, 3, 3), False, False, True),
    ],
)
def test_rounds_make_us_offline_and_see_us_back(
    rounds: tuple[int, ...], offline: bool, doubtful: bool, online: bool | None
) -> None:
    sight = seen(*rounds)
    assert (sight.offline, sight.is_doubtful, sight.online) == (offline, doubtful, online)


def test_blindness_began_with_the_first_round_that_saw_nothing() -> None:
    assert seen(3, 1, 0, 0).since == START + timedelta(seconds=1)
    assert seen(3, 1, 0, 3, 3).since is None
    assert seen(0, 0).unheard == ("w0: no answer", "w1: no answer", "w2: no answer")


@given(st.lists(st.integers(0, 3), max_size=40))
def test_the_verdict_changes_only_after_rounds_in_a_row(rounds: list[int]) -> None:
    sight, run = Sight(), 0
    for count in rounds:
        good = count >= QUORUM
        before, sight = sight, after(sight, heard(count), QUORUM, START)
        run = run + 1 if good == (before.good > 0) and (before.good or before.bad) else 1
        if before.offline is not sight.offline:
            assert run >= ROUNDS
            assert sight.offline is not good
        assert sight.is_doubtful or good


# ---------------------------------------------------------------- what is silence


def silent(fault: Fault | None, effect: Effect = Effect.FAILURE) -> Outcome:
    return replace(an_outcome(Category.UNREACHABLE, effect=effect), fault=fault, detail="no route")


@pytest.mark.parametrize("fault", Fault)
def test_only_what_our_network_can_cause_is_silence(fault: Fault) -> None:
    ours = fault not in (Fault.PROTOCOL, Fault.TOO_LARGE, Fault.REDIRECTS)
    assert is_silence(silent(fault)) is ours
    assert not is_silence(silent(fault, Effect.NEUTRAL))


@pytest.mark.parametrize("category", [Category.SERVER_ERROR, Category.THROTTLED, Category.OK])
def test_an_answer_of_any_kind_is_none(category: Category) -> None:
    assert not is_silence(an_outcome(category))


def test_what_is_inconclusive_keeps_its_category_and_says_why() -> None:
    outcome = inconclusive(silent(Fault.DNS), "we are offline")
    assert (outcome.category, outcome.effect) == (Category.UNREACHABLE, Effect.NEUTRAL)
    assert outcome.detail == "we are offline: no route"
    assert outcome.is_inconclusive
    assert not silent(Fault.DNS).is_inconclusive
    assert not an_outcome(Category.CREDENTIAL).is_inconclusive


# ---------------------------------------------------------------- our own stalls


def slow(latency: float) -> Outcome:
    return replace(an_outcome(Category.SLOW), latency=latency, detail=f"took {latency} s")


@pytest.mark.parametrize(
    ("outcome", "stall", "category", "effect"),
    [
        (slow(2.3), 0.4, Category.OK, Effect.SUCCESS),
        (slow(2.5), 0.4, Category.SLOW, Effect.SUCCESS),  # slow even without us
        (silent(Fault.TIMEOUT), 1.1, Category.UNREACHABLE, Effect.NEUTRAL),
        (silent(Fault.TIMEOUT), 0.9, Category.UNREACHABLE, Effect.FAILURE),  # no tenth of it
        (silent(Fault.CONNECT), 5.0, Category.UNREACHABLE, Effect.FAILURE),  # no wait was cut
        (an_outcome(Category.SERVER_ERROR), 5.0, Category.SERVER_ERROR, Effect.FAILURE),
    ],
)
def test_a_stall_excuses_what_it_explains(
    outcome: Outcome, stall: float, category: Category, effect: Effect
) -> None:
    weighed = beside_a_stall(outcome, stall, within=2.0, timeout=10.0)
    assert (weighed.category, weighed.effect) == (category, effect)


# ---------------------------------------------------------------- the incident


def book_sees(book: IncidentBook, sight: Sight, minutes: float, missed: int = 0) -> list[Incident]:
    now = START + timedelta(minutes=minutes)
    return list(book.see(sight, missed, an_endpoint(), now))


def missed(book: IncidentBook, times: Iterable[int]) -> None:
    for _ in times:
        book.miss()


def test_one_incident_while_it_lasts_and_one_sentence_afterwards() -> None:
    book = IncidentBook("default")
    missed(book, range(3))
    assert book_sees(book, seen(1), 0) == []
    (opened,) = book_sees(book, seen(1, 0), 0.1, missed=5)
    assert (opened.key, opened.opened_at, opened.blame, opened.inconclusive) == (
        NETWORK,
        START,
        "network",
        5,
    )
    assert "w2: no answer" in opened.reason
    missed(book, range(9))
    assert book_sees(book, seen(0, 0, 3), 6) == []
    (closed,) = book_sees(book, seen(0, 0, 3, 3), 7)
    assert closed.closed_because == "blind from 18:00 to 18:07 UTC, 14 probes inconclusive"
    assert book_sees(book, seen(3), 8) == []


def test_the_sum_names_the_day_when_there_were_two() -> None:
    book = IncidentBook("default")
    book_sees(book, seen(0, 0), 0, missed=1)
    (closed,) = book_sees(book, seen(3, 3), 60 * 24)
    said = "blind from 2026-11-22 18:00 to 2026-11-23 18:00 UTC, 1 probe inconclusive"
    assert closed.closed_because == said
