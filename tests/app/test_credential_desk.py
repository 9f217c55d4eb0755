"""What was refused is kept when the store is there, and never believed longer than it is true."""

from collections.abc import Mapping

import pytest

from monitor.app.credential_desk import CredentialDesk
from monitor.app.loader import loads
from monitor.app.problems import ConfigError
from monitor.board import Board
from monitor.core.credential import KeptPause, Supply
from monitor.core.incident import Trouble
from monitor.ports import StoreUnavailableError
from tests.adapters.test_token_source import REFUSED, Desk, tokens

SETTINGS = 'endpoints: [{id: a, url: "https://a.example/"}]\n'


class Shelf:
    """Fits `monitor.ports.Pauses`, and can be away."""

    def __init__(self) -> None:
        self.kept: Mapping[str, KeptPause] = {}
        self.away = False
        self.writes = 0

    async def read(self) -> Mapping[str, KeptPause]:
        if self.away:
            raise StoreUnavailableError("away")
        return self.kept

    async def write(self, pauses: Mapping[str, KeptPause]) -> None:
        if self.away:
            raise StoreUnavailableError("away")
        self.kept = pauses
        self.writes += 1


async def told_nobody(key: str, trouble: Trouble | None, endpoint: str, because: str) -> None:
    del key, trouble, endpoint, because


def desk_of(desk: Desk, shelf: Shelf) -> CredentialDesk:
    return CredentialDesk(
        clock=desk.clock,
        keeper=desk.keeper,
        board=Board(),
        pauses=shelf,
        settings=lambda: loads(SETTINGS),
        open_incidents=tuple,
        notice=told_nobody,
        soon=lambda _: None,
    )


async def beat(desk: CredentialDesk) -> None:
    desk.changed()
    await desk.beat()


async def refused_and_kept(shelf: Shelf) -> None:
    desk = Desk(REFUSED)
    follow = desk_of(desk, shelf)
    await follow.restore()
    await desk.show()
    await beat(follow)
    assert list(shelf.kept) == ["iam"]


async def test_it_is_written_once_and_read_again() -> None:
    shelf = Shelf()
    await refused_and_kept(shelf)
    again = Desk(tokens("never"))
    follow = desk_of(again, shelf)
    await follow.restore()
    assert again.supply() is Supply.PAUSED
    for _ in range(3):
        await beat(follow)
    assert shelf.writes == 1
    assert again.asked == []
    follow.tried_again("iam")
    await beat(follow)
    assert shelf.kept == {}


async def test_what_could_not_be_written_is_written_later() -> None:
    shelf, desk = Shelf(), Desk(REFUSED)
    follow = desk_of(desk, shelf)
    await follow.restore()
    shelf.away = True
    await desk.show()
    await beat(follow)
    shelf.away = False
    desk.clock.advance(60)
    await follow.beat()
    assert list(shelf.kept) == ["iam"]


async def test_what_was_kept_before_a_blind_start_is_not_believed_at_the_next() -> None:
    shelf = Shelf()
    await refused_and_kept(shelf)
    shelf.away = True
    blind = Desk(tokens("works-again"))
    follow = desk_of(blind, shelf)
    await follow.restore()
    assert await blind.show() == "works-again"
    shelf.away = False
    await beat(follow)
    assert shelf.kept == {}


async def test_a_stop_does_not_wait_for_a_store_that_hangs() -> None:
    class Hanging(Shelf):
        async def write(self, pauses: Mapping[str, KeptPause]) -> None:
            del pauses
            raise TimeoutError

    desk = Desk(REFUSED)
    follow = desk_of(desk, Hanging())
    await follow.restore()
    await desk.show()
    await follow.keep(within=30)


def test_an_end_beyond_all_calendars_is_refused() -> None:
    text = f"{SETTINGS}credentials: {{a: {{bearer: {{env: A}}, issued: 9999-12-01}}}}\n"
    with pytest.raises(ConfigError, match="after the year 9999"):
        loads(text, environ={"A": "a-secret"})
