"""Whatever is published, lost, pruned or restarted: who has come back knows what the daemon knows.

The daemon's side is its own (board, source, ring, followers), and so is the client's (reader,
book); between them is a wire that breaks in the middle of a byte.
"""

import asyncio
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.board import Board
from monitor.client import VerdictClient
from monitor.core.verdict import acted_on
from monitor.ports import News
from monitor.web.stream.followers import Followers, Limits, _Follower
from monitor.web.stream.ring import Ring
from monitor.web.stream.snapshot import Snapshots
from monitor.web.stream.source import Source
from tests.adapters.stories import healthy, tripped
from tests.clock import FakeClock

NAMES = ("auth", "bots", "chat")
WHOLE, AWAY = -1, -2


class Scene:
    """A daemon, a client, and the wire between them."""

    def __init__(self, room: int, wanted: frozenset[str]) -> None:
        self.clock = FakeClock()
        self.wanted = wanted
        self.room = room
        self.bugs: list[str] = []
        self.client = VerdictClient("http://daemon", monotonic=self.clock.monotonic)
        self.follower: _Follower | None = None
        self.watched: dict[str, News] = {}
        self.restart()

    def restart(self) -> None:
        """Begin a new daemon, that goes on with the same endpoints."""
        self.clock.advance(1.0)
        self.follower = None
        self.board = Board()
        self.source = Source(self.board, self.clock, self.bugs.append)
        self.source.ring = Ring(self.source.ring.head, self.room)
        self.board.listen(self.source.publish)
        snapshots = Snapshots(self.board, self.clock, self.source)
        self.followers = Followers(self.source, snapshots, Limits())
        for news in self.watched.values():
            self.board.publish(News(news.endpoint, news.standing))

    def publish(self, name: str, what: str) -> None:
        at = self.clock.now()
        match what:
            case "ok":
                news = healthy(name, at=at)
            case "trip":
                news = tripped(name, at=at)
            case _:
                news = healthy(name, at=at)
                news = replace(news, standing=replace(news.standing, reason=what))
        self.watched[name] = news
        self.board.publish(news)

    def forget(self, name: str) -> None:
        if self.watched.pop(name, None) is not None:
            self.board.forget(name)
            self.source.configured()

    async def hear(self, cut: int) -> None:
        """Come (back), or hear what is new; after `cut` bytes the wire breaks, unless WHOLE."""
        await self.source.tell()
        reader = self.client._reader
        if self.follower is None:
            reader.begin()
            self.follower = _Follower(self.wanted)
            text = await self.followers._beginning(self.follower, reader.last_id)
        else:
            text = await self.followers._next(self.follower)
        for event in reader.feed(text if cut == WHOLE else text[:cut]):
            self.client._take(event)
        if cut != WHOLE:
            self.follower = None

    def check(self) -> None:
        """Compare what the client acts on with what the daemon would say."""
        now = self.clock.now()
        true = {}
        for entry in self.board.entries():
            verdict = self.board.verdict(entry, now)
            if not self.wanted or verdict.endpoint in self.wanted:
                _, *rest = acted_on(verdict)
                true[verdict.endpoint] = tuple(rest)
        known = {}
        for name in self.client.endpoints():
            seen = self.client.verdict(name)
            said = self.client._book._known[name].allow
            known[name] = (said, seen.state, seen.mode, seen.unknown, seen.reason, seen.epoch)
        assert known == true
        assert self.bugs == []


names = st.sampled_from(NAMES)
actions = st.one_of(
    st.tuples(st.just("publish"), names, st.sampled_from(["ok", "trip", "1 of 3", "2 of 3"])),
    st.tuples(st.just("forget"), names),
    st.tuples(st.just("pass"), st.sampled_from([0.1, 30.0, 3600.0])),
    st.tuples(st.just("restart")),
)
contacts = st.sampled_from([AWAY, WHOLE, WHOLE]) | st.integers(0, 400)
"""What a client hears after each action: nothing, all there is, or all up to a byte."""


@settings(max_examples=300)
@given(
    st.lists(st.tuples(actions, contacts), max_size=25),
    st.integers(1, 12),
    st.sampled_from([frozenset[str](), frozenset({"chat"}), frozenset({"auth", "chat"})]),
)
def test_who_comes_back_ends_with_the_verdicts_of_the_daemon(
    story: list[tuple[tuple[object, ...], int]], room: int, wanted: frozenset[str]
) -> None:
    async def play() -> None:
        scene = Scene(room, wanted)
        for action, contact in story:
            match action:
                case ("publish", str() as name, str() as what):
                    scene.publish(name, what)
                case ("forget", str() as name):
                    scene.forget(name)
                case ("pass", float() as seconds):
                    scene.clock.advance(seconds)
                case _:
                    scene.restart()
            if contact != AWAY:
                await scene.hear(contact)
        await scene.source.tell()
        await scene.source.sweep()
        for _ in range(2):  # it comes back, and hears what is new
            await scene.hear(WHOLE)
        scene.check()

    asyncio.run(play())
