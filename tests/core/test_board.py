from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from monitor.board import Board, Entry
from monitor.core.breaker import State
from monitor.core.health import Health, Status
from monitor.core.incident import Incident, Severity, close
from monitor.core.outcome import About, Category
from monitor.core.standing import Standing
from monitor.ports import News
from tests.clock import START
from tests.examples import OPEN, a_standing, an_endpoint

LATER = START + timedelta(seconds=30)


def an_incident(name: str = "chat", *, at: datetime = START) -> Incident:
    return Incident(
        id=f"{at:%H%M%S}-{name}",
        key=name,
        endpoint=name,
        location="default",
        group="default",
        opened_at=at,
        revision=1,
        severity=Severity.CRITICAL,
        health=Health.DOWN,
        category=Category.SERVER_ERROR,
        reason="3 failures in a row",
    )


def up(name: str = "chat", *, at: datetime = START) -> News:
    return _news(name, Standing(name), Category.OK, at)


def down(name: str = "chat", *, at: datetime = START) -> News:
    return _news(name, Standing(name, OPEN), Category.SERVER_ERROR, at)


def _news(name: str, standing: Standing, category: Category, at: datetime) -> News:
    endpoint = an_endpoint(name)
    seen = a_standing(category, standing.breaker, endpoint=endpoint, at=at)
    return News(endpoint, seen, seen.last)


# ---------------------------------------------------------------- what stands on it


def test_an_empty_board_knows_nothing() -> None:
    board = Board()
    assert (board.entries(), board.entry("chat"), board.open_incidents()) == ([], None, [])
    assert board.platform(START) is Status.UNKNOWN
    assert board.next_probe_at("chat") is None


def test_news_replace_what_stood_there_as_a_whole() -> None:
    board = Board()
    board.publish(up())
    old = board.entry("chat")
    board.publish(down(at=LATER))
    assert board.entry("chat") == Entry(down().endpoint, down(at=LATER).standing)
    assert old == Entry(up().endpoint, up().standing)
    assert len(board.entries()) == 1


def test_endpoints_keep_the_order_in_which_they_came() -> None:
    board = Board()
    for name in ("c", "a", "b", "a"):
        board.publish(up(name))
    assert [entry.endpoint.id for entry in board.entries()] == ["c", "a", "b"]


def test_every_publication_is_a_new_version() -> None:
    board = Board()
    versions = [board.version]
    for change in (
        partial(board.publish, up()),
        partial(board.publish, up()),
        partial(board.restore, [an_incident()]),
        partial(board.forget, "chat"),
    ):
        change()
        versions.append(board.version)
    assert versions == sorted(set(versions))


def test_a_forgotten_endpoint_is_gone_and_forgetting_it_again_is_harmless() -> None:
    board = Board()
    board.publish(up())
    board.forget("chat")
    board.forget("chat")
    assert board.entry("chat") is None


# ---------------------------------------------------------------- listeners


def test_listeners_hear_news_when_the_board_already_shows_them() -> None:
    board = Board()
    heard: list[tuple[str, Health]] = []

    def listen(who: str) -> None:
        def hear(news: News) -> None:
            (entry,) = board.entries()
            assert entry.standing is news.standing
            heard.append((who, entry.standing.health))

        board.listen(hear)

    listen("first")
    listen("second")
    board.publish(down())
    assert heard == [("first", Health.DOWN), ("second", Health.DOWN)]


def test_restored_incidents_are_shown_and_told_to_nobody() -> None:
    board = Board()
    heard: list[News] = []
    board.listen(heard.append)
    board.restore([an_incident()])
    assert (board.open_incidents(), heard) == ([an_incident()], [])


# ---------------------------------------------------------------- incidents


def test_open_incidents_are_shown_the_oldest_first_and_once_each() -> None:
    board = Board()
    young, old = an_incident("b", at=LATER), an_incident("a")
    board.publish(replace(up(), incidents=(young,)))
    board.publish(replace(up(), incidents=(old,)))
    board.publish(replace(up(), incidents=(revised := replace(old, revision=2),)))
    assert board.open_incidents() == [revised, young]


def test_a_closed_incident_is_no_longer_shown() -> None:
    board = Board()
    board.publish(replace(up(), incidents=(an_incident(),)))
    ended = close(an_incident(), now=LATER, because="answers as expected")
    board.publish(replace(up(), incidents=(ended,)))
    board.publish(replace(up(), incidents=(ended,)))
    assert board.open_incidents() == []


# ---------------------------------------------------------------- health, verdicts


def test_health_grows_old_without_any_news() -> None:
    board = Board()
    board.publish(up())
    (entry,) = board.entries()
    assert board.health(entry, START) is Health.OPERATIONAL
    assert board.health(entry, START + timedelta(hours=1)) is Health.UNKNOWN


def test_a_verdict_asks_the_metronome_when_it_may_change() -> None:
    board = Board(lambda endpoint: LATER if endpoint == "chat" else None)
    board.publish(down())
    (entry,) = board.entries()
    verdict = board.verdict(entry, START)
    assert (verdict.state, verdict.allow, verdict.retry_after) == (State.OPEN, False, 30.0)
    assert board.next_probe_at("chat") == LATER


def test_nobody_is_probed_before_the_open_time_is_over() -> None:
    board = Board(lambda _: START + timedelta(seconds=1))
    held = replace(OPEN, retry_after=30.0, taken_at=START)
    board.publish(_news("chat", Standing("chat", held), Category.THROTTLED, START))
    board.publish(up("free"))
    assert board.next_probe_at("chat") == LATER
    assert board.next_probe_at("free") == START + timedelta(seconds=1)
    assert board.next_probe_at("nobody") == START + timedelta(seconds=1)


def test_a_verdict_without_a_plan_counts_on_the_interval() -> None:
    board = Board()
    board.publish(down())
    (entry,) = board.entries()
    assert board.verdict(entry, START).retry_after == entry.endpoint.every


# ---------------------------------------------------------------- the platform, and since when


def test_the_platforms_status_is_as_old_as_the_change_and_not_as_the_question() -> None:
    board = Board()
    board.publish(up("a"))
    board.publish(up("b"))
    board.publish(down("a", at=LATER))
    assert board.platform(LATER + timedelta(seconds=60)) is Status.PARTIAL_OUTAGE
    assert board.since == LATER


def test_an_unchanged_status_keeps_its_since() -> None:
    board = Board()
    board.publish(up("a"))
    board.publish(up("a", at=LATER))
    board.publish(up("b", at=LATER))
    assert (board.platform(LATER), board.since) == (Status.OPERATIONAL, START)


def test_a_recovery_is_dated_by_its_last_outcome() -> None:
    board = Board()
    board.publish(down("a"))
    board.publish(up("a", at=LATER))
    assert (board.platform(LATER + timedelta(seconds=5)), board.since) == (
        Status.OPERATIONAL,
        LATER,
    )


def test_a_status_that_grew_old_is_dated_by_the_question() -> None:
    board = Board()
    board.publish(up())
    much_later = START + timedelta(hours=1)
    assert (board.platform(much_later), board.since) == (Status.UNKNOWN, much_later)


@pytest.mark.parametrize("asked", [START, LATER])
def test_before_any_news_the_first_question_dates_the_status(asked: datetime) -> None:
    board = Board()
    assert (board.platform(asked), board.since) == (Status.UNKNOWN, asked)
    assert (board.platform(asked + timedelta(seconds=9)), board.since) == (Status.UNKNOWN, asked)


def test_an_application_that_is_down_is_trouble_and_never_an_outage_of_the_platform() -> None:
    board = Board()
    board.publish(up("iam"))
    stopped = down("app")
    application = replace(stopped.endpoint, about=About.APPLICATION)
    board.publish(replace(stopped, endpoint=application))
    assert board.status is board.platform(START) is Status.DEGRADED
