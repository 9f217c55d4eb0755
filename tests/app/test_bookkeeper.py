"""The bookkeeper: what it writes, when, and that it writes nothing when there is nothing to say."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.app.bookkeeper import AWAY, Bookkeeper
from monitor.board import Board
from monitor.core.ledger import Ledger
from monitor.core.outcome import Category
from monitor.core.standing import Standing, advance
from monitor.core.stretch import Mark, Presence, Stretch
from monitor.ports import News, Saved
from tests.clock import START, FakeClock
from tests.examples import CLOSED, OPEN, an_endpoint, an_outcome

BAD = Category.SERVER_ERROR


@dataclass
class Desk:
    """A bookkeeper over a board, and everything that it handed to the store."""

    clock: FakeClock = field(default_factory=FakeClock)
    written: list[list[Stretch]] = field(default_factory=list)
    presences: dict[datetime, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.board = Board()
        self.endpoint = an_endpoint()
        self.standing = Standing("chat")
        self.keeper = Bookkeeper(self.board, self.clock, Ledger(lambda _: ""), self.record)

    def record(self, stretches: Collection[Stretch], presence: Presence) -> None:
        self.written.append(list(stretches))
        self.presences[presence.begin] = presence.seen

    def open(self, saved: Saved | None = None) -> None:
        self.board.publish(News(self.endpoint, self.standing))
        self.keeper.open(saved or Saved())
        self.board.listen(self.keeper.hear)
        self.written.clear()

    def see(self, category: Category = Category.OK, breaker: object = CLOSED) -> None:
        outcome = an_outcome(category, at=self.clock.now())
        self.standing = advance(self.standing, outcome, breaker, self.endpoint)  # type: ignore[arg-type]
        self.board.publish(News(self.endpoint, self.standing, outcome))

    @property
    def marks(self) -> list[list[Mark]]:
        return [[one.mark for one in changed] for changed in self.written]


def test_only_what_changes_is_written() -> None:
    desk = Desk()
    desk.open()
    desk.see()
    for _ in range(100):
        desk.clock.advance(1)
        desk.see()
    desk.see(BAD, OPEN)
    assert desk.marks == [[Mark.UP], [Mark.UP, Mark.DOWN]]


async def test_a_beat_says_that_we_are_there_and_finds_what_has_grown_old() -> None:
    desk = Desk()
    desk.open()
    desk.see()
    desk.written.clear()
    for _ in range(20):
        desk.clock.advance(15)
        await desk.keeper.beat()
    assert desk.presences == {START: START + timedelta(seconds=300)}
    assert [one for one in desk.marks if one] == [[Mark.UP, Mark.UNKNOWN]]


async def test_who_was_not_heard_of_for_long_was_not_there() -> None:
    desk = Desk()
    desk.open()
    desk.clock.advance(AWAY.total_seconds())
    await desk.keeper.beat()
    assert len(desk.presences) == 1
    desk.see()
    desk.clock.advance(10)
    desk.see()
    last = desk.clock.now()
    desk.clock.advance(AWAY.total_seconds() + 1)
    desk.see(BAD, OPEN)
    again = desk.clock.now()
    assert desk.presences == {START: last, again: again}


async def test_a_clock_that_is_set_back_begins_anew_once() -> None:
    desk = Desk()
    desk.open()
    desk.see()
    desk.clock.advance(30)
    await desk.keeper.beat()
    desk.written.clear()
    desk.clock.step(-3600)
    await desk.keeper.beat()
    await desk.keeper.beat()
    assert [one for one in desk.marks if one] == [[Mark.UP, Mark.UP]]
    ended, new = next(one for one in desk.written if one)
    assert (ended.end, new.begin) == (START + timedelta(seconds=30), desk.clock.now())


def test_what_a_store_that_was_away_believes_in_is_ended_when_it_is_back() -> None:
    desk = Desk()
    desk.open()
    desk.see()
    desk.written.clear()
    before = START - timedelta(days=1)
    old = Stretch("gone", Mark.UP, before), Stretch("chat", Mark.DOWN, before)
    ours = Stretch("chat", Mark.UP, START)
    desk.keeper.make_whole(Saved(stretches=(*old, ours)))
    (ended,) = desk.written
    assert [(one.endpoint, one.end) for one in ended] == [("gone", START), ("chat", START)]


async def test_before_it_is_open_it_writes_nothing() -> None:
    desk = Desk()
    await desk.keeper.beat()
    assert desk.written == []
