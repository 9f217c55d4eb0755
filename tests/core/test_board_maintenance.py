"""What the board shows of maintenance: health, status, and news when it begins and ends."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.board import Board
from monitor.core.health import Health, Status
from monitor.core.maintenance import EVERYTHING, Plan, Scope, Window
from monitor.core.outcome import Category
from monitor.core.standing import Standing
from monitor.ports import News
from tests.clock import START
from tests.examples import OPEN, a_standing, an_endpoint


def at(thirds: float) -> datetime:
    """Return a moment in thirds of a minute: what is seen does not grow old within these tests."""
    return START + timedelta(seconds=20 * thirds)


def news(name: str, *, down: bool = False, now: datetime = START) -> News:
    endpoint = an_endpoint(name)
    category = Category.SERVER_ERROR if down else Category.OK
    before = Standing(name, OPEN) if down else Standing(name)
    seen = a_standing(category, before.breaker, endpoint=endpoint, at=now)
    return News(endpoint, seen, seen.last)


def a_board(*windows: Window) -> Board:
    board = Board()
    board.plan = Plan(windows)
    board.look(START)
    for name in ("a", "b"):
        board.publish(news(name))
    return board


def window(start: float, end: float, scope: Scope = EVERYTHING) -> Window:
    return Window("w", "patch", at(start), at(end), scope)


ONLY_A = Scope(endpoints=("a",))


def healths(board: Board, now: datetime) -> list[Health]:
    return [board.health(entry, now) for entry in board.entries()]


def test_health_is_maintenance_exactly_while_a_window_about_it_is_active() -> None:
    board = a_board(window(1, 2, ONLY_A))
    well, work = Health.OPERATIONAL, Health.MAINTENANCE
    assert healths(board, at(0.9)) == [well, well]
    assert healths(board, at(1)) == [work, well]
    assert healths(board, at(2)) == [well, well]


def test_what_it_would_be_otherwise_stays_on_the_board() -> None:
    board = a_board(window(0, 5))
    board.publish(news("a", down=True))
    (entry, _) = board.entries()
    assert board.health(entry, at(1)) is Health.MAINTENANCE
    assert entry.standing.health is Health.DOWN
    assert not board.verdict(entry, at(1)).allow, (
        "nobody calls what is down, whatever was announced"
    )


def test_the_platform_is_in_maintenance_when_everything_is() -> None:
    board = a_board(window(1, 3), window(3, 5, ONLY_A))
    board.publish(news("a", down=True))
    seen = [board.platform(at(now)) for now in (0.5, 1, 3, 5)]
    outage = Status.PARTIAL_OUTAGE
    assert seen == [outage, Status.MAINTENANCE, Status.OPERATIONAL, outage]


def test_beginning_and_end_are_news_of_those_they_are_about_and_of_nobody_else() -> None:
    board = a_board(window(1, 2, ONLY_A))
    heard: list[str] = []
    board.listen(lambda one: heard.append(one.endpoint.id))
    looks = [board.look(at(now)) for now in (0, 0.5, 1, 1.5, 2, 3)]
    assert looks == [False, False, True, False, True, False]
    assert heard == ["a", "a"]


def test_a_version_does_not_outlive_the_beginning_or_the_end_of_a_window() -> None:
    board = a_board(window(1, 2))
    versions = [board.version]
    for now in (1, 2):
        board.look(at(now))
        versions.append(board.version)
    assert versions == sorted(set(versions))


def test_a_version_does_not_outlive_a_change_that_alters_nobodys_health() -> None:
    board = a_board(window(0, 3), window(1, 2))
    version = board.version
    assert board.look(at(1)), "another window is active, and may say until when"
    assert board.version > version


def test_who_only_asks_keeps_nobody_from_hearing_of_it() -> None:
    board = a_board(window(1, 2))
    assert healths(board, at(1)) == [Health.MAINTENANCE] * 2
    assert board.look(at(1))


def test_the_status_is_as_old_as_the_window_that_made_it() -> None:
    board = a_board(window(1, 2))
    board.look(at(1))
    board.publish(news("a", now=at(1.2)))
    assert (board.platform(at(1.5)), board.since) == (Status.MAINTENANCE, at(1))
    board.look(at(2))
    assert (board.platform(at(3)), board.since) == (Status.OPERATIONAL, at(2))


def test_another_plan_is_gone_by_at_once() -> None:
    board = a_board(window(0, 9))
    board.plan = Plan()
    assert board.look(at(1))
    assert healths(board, at(1)) == [Health.OPERATIONAL] * 2


def test_a_clock_that_was_set_back_is_followed() -> None:
    board = a_board(window(1, 2))
    board.look(at(2.5))
    assert board.look(at(1.5))
    assert board.platform(at(1.5)) is Status.MAINTENANCE


def test_an_endpoint_that_came_while_a_window_is_active_is_in_it() -> None:
    board = a_board(window(0, 5))
    board.publish(replace(news("c"), outcome=None))
    assert board.platform(at(1)) is Status.MAINTENANCE
    board.forget("a")
    board.look(at(5))
    assert board.platform(at(5)) is Status.OPERATIONAL
