"""What runs out is told ahead, ends when it is renewed, and is right over restarts and reloads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app.expiry_watch import ExpiryWatch
from monitor.app.loader import loads
from monitor.app.settings import Settings
from monitor.board import Board
from monitor.core.endpoint import Request
from monitor.core.exchange import Fault, NoReply, Reply
from monitor.core.incident import Severity
from monitor.core.outcome import Category
from tests.app.world import CONFIG, World
from tests.clock import FakeClock
from tests.core.engine_world import World as EngineWorld
from tests.examples import an_endpoint

DAY = 86_400.0
WEEK = timedelta(days=7)


class Story:
    """An engine whose prober sees certificates, a board, and the watch over both."""

    def __init__(self, *names: str) -> None:
        self.world = EngineWorld(*(an_endpoint(name) for name in names or ("a",)))
        self.board = Board()
        self.world.engine._sink = self.board
        for endpoint in self.world.engine.endpoints():
            self.world.engine.watch(endpoint)
        self.settings = configured()
        self.watch = ExpiryWatch(
            clock=self.clock,
            board=self.board,
            settings=lambda: self.settings,
            open_incidents=self.world.book.open_incidents,
            notice=self.world.engine.notice,
        )

    @property
    def clock(self) -> FakeClock:
        return self.world.clock

    async def see(self, days: float | None, name: str = "a") -> None:
        """Probe, and be shown a certificate with so many days left; or nothing at all."""
        expiry = None if days is None else self.clock.now().timestamp() + days * DAY
        self.world.prober.will(
            NoReply(Fault.CONNECT) if expiry is None else Reply(200, certificate_expiry=expiry)
        )
        await self.world.tick(name, after=60)
        await self.watch.look()

    async def pass_(self, days: float) -> None:
        self.clock.advance(days * DAY)
        await self.watch.look()

    @property
    def open(self) -> dict[str, Severity]:
        return {one.key: one.severity for one in self.world.book.open_incidents() if one.notice}


def configured(credentials: str = "", warn: str = "14d") -> Settings:
    text = (
        'endpoints: [{id: a, url: "https://omilia.example/a"}]\n'
        f"warn: {{certificate: {warn}}}\ncredentials: {{{credentials}}}\n"
    )
    return loads(text, environ={"S": "a-secret"})


KEY = "certificate:omilia.example"


async def test_a_certificate_warns_grows_serious_and_is_renewed() -> None:
    story = Story()
    await story.see(20)
    assert story.open == {}
    await story.pass_(6.5)
    assert story.open == {KEY: Severity.WARNING}
    (opened,) = story.world.book.open_incidents()
    assert opened.category is Category.UNREACHABLE
    assert "the certificate of omilia.example ends in 13 days" in opened.reason
    await story.pass_(10.5)
    assert story.open == {KEY: Severity.ERROR}
    await story.see(90)
    assert story.open == {}
    closed = story.world.facts.incidents[0]
    assert closed.closed_because.startswith("renewed: it ends on 2027-")


async def test_the_earliest_of_those_that_were_seen_counts() -> None:
    story = Story("a", "b")
    await story.see(90, "a")
    await story.see(5, "b")
    assert story.open == {KEY: Severity.WARNING}
    await story.see(90, "b")
    assert story.open == {}


async def test_silence_neither_warns_nor_ends_a_warning() -> None:
    story = Story()
    await story.see(None)
    assert story.open == {}
    await story.see(5)
    await story.see(None)
    assert story.open == {KEY: Severity.WARNING}
    await story.pass_(10)
    assert story.open == {KEY: Severity.ERROR}


async def test_after_a_restart_it_waits_until_it_is_seen_again() -> None:
    story = Story()
    await story.see(5)
    saved = story.world.book.open_incidents()
    again = Story()
    again.world.book.restore(saved)
    await again.watch.look()
    assert again.open == {KEY: Severity.WARNING}
    await again.see(90)
    assert again.open == {}


async def test_a_host_that_nobody_asks_any_more_needs_no_certificate() -> None:
    story = Story("a", "b")
    await story.see(5, "a")
    for name in ("a", "b"):
        elsewhere = Request(f"http://elsewhere.example/{name}")
        story.world.engine.watch(replace(an_endpoint(name), request=elsewhere))
    await story.watch.look()
    assert story.open == {}
    assert story.world.facts.incidents[0].closed_because == "no longer watched"


async def test_how_early_it_warns_is_taken_up_by_a_reload() -> None:
    story = Story()
    await story.see(20)
    story.settings = configured(warn="30d")
    await story.watch.look()
    assert story.open == {KEY: Severity.WARNING}
    story.settings = configured(warn="7d")
    await story.watch.look()
    assert story.open == {}


async def test_a_credential_warns_of_its_age() -> None:
    story = Story()
    issued = (story.clock.now() - timedelta(days=79.5)).date()
    story.settings = configured(f"pat: {{bearer: {{env: S}}, issued: {issued}}}")
    await story.watch.look()
    assert story.open == {}
    await story.pass_(1)
    assert story.open == {"credential-age:pat": Severity.WARNING}
    await story.pass_(30)
    assert story.open == {"credential-age:pat": Severity.ERROR}
    (opened,) = story.world.book.open_incidents()
    assert "ended" in opened.reason
    story.settings = configured(
        f"pat: {{bearer: {{env: S}}, issued: {story.clock.now():%Y-%m-%d}}}"
    )
    await story.watch.look()
    assert story.open == {}


async def test_the_earlier_end_counts_and_no_date_is_no_end() -> None:
    story = Story()
    soon = story.clock.now().date() + WEEK
    story.settings = configured(
        f"fixed: {{bearer: {{env: S}}, issued: {story.clock.now():%Y-%m-%d}, expires: {soon}}},"
        "endless: {bearer: {env: S}}"
    )
    await story.watch.look()
    assert story.open == {"credential-age:fixed": Severity.WARNING}
    story.settings = configured("endless: {bearer: {env: S}}")
    await story.watch.look()
    assert story.open == {}


async def test_without_anything_to_watch_nothing_happens() -> None:
    story = Story()
    story.board.forget("a")
    await story.watch.look()
    assert story.open == {}


# ---------------------------------------------------------------- in the daemon


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    config = CONFIG.replace("value: {{env: PAT}}", "value: {{env: PAT}}, issued: 2026-09-05")
    async with World(tmp_path, config) as world:
        yield world


def told(world: World) -> list[tuple[str, str, str]]:
    data: list[dict[str, Any]] = [m["data"] for m in world.receiver.messages]
    return [(one["key"], one["severity"], one["title"]) for one in data]


async def test_it_is_told_like_everything_else_and_survives_a_restart(world: World) -> None:
    await world.daemon.expiry_watch.look()
    await world.deliver()
    assert told(world) == [], "it is 78 days old"
    world.clock.advance(2 * DAY)
    await world.daemon.expiry_watch.look()
    await world.deliver()
    warning = ("credential-age:pat", "warning", "our credential runs out: pat")
    assert told(world) == [warning]
    await world.daemon.stop()
    world.clock.advance(9 * DAY)
    await world.begin()
    await world.daemon.expiry_watch.look()
    await world.deliver()
    assert told(world) == [warning, ("credential-age:pat", "error", warning[2])]
    _, credentials, _ = await world.get("/v1/credentials")
    (pat,) = [one for one in credentials["credentials"] if one["name"] == "pat"]
    assert (pat["age_days"], pat["expires_at"]) == (89, "2026-12-04T00:00:00Z")
    renewed = world._config.replace("2026-09-05", "2026-12-01")
    await world.daemon.reload(world.settings(renewed))
    await world.deliver()
    assert told(world)[2:] == [
        ("credential-age:pat", "error", "resolved: our credential is a new one: pat")
    ]
