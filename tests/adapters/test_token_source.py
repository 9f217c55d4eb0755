"""A token is had once for many, renewed in time, and never by a password that was refused."""

import asyncio
import json
import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

import pytest

from monitor.adapters.credentials import Keeper
from monitor.adapters.credentials.source import Fetch
from monitor.core.category import Category
from monitor.core.credential import Pause, Shown, Supply, shown
from monitor.core.exchange import Exchange, Fault, NoReply, NotSent, Reply
from monitor.core.token import Grant, GrantType
from tests.clock import START, FakeClock
from tests.fakes import FakeProber, Held

SOON = 30.0
"""Seconds that nobody waits for: they bound a test that has gone wrong."""
GRANT = Grant(
    "https://iam.example/token",
    GrantType.PASSWORD,
    {"client_id": "ocp"},
    {"username": "probe", "password": "the-password"},
)
CHAIN = Grant(
    "https://iam.example/token",
    GrantType.REFRESH_TOKEN,
    {"client_id": "ocp"},
    {"refresh_token": "configured"},
)
REFUSED = Reply(401, b'{"error": "invalid_grant", "error_description": "Invalid user credentials"}')
OVER = Reply(400, b'{"error": "invalid_grant", "error_description": "Session not active"}')
AWAY = Reply(503)


def tokens(
    access: str, refresh: str | None = "refresh", life: int = 300, ends: int = 1800
) -> Reply:
    body: dict[str, Any] = {"access_token": access, "expires_in": life}
    if refresh is not None:
        body |= {"refresh_token": refresh, "refresh_expires_in": ends}
    return Reply(200, json.dumps(body).encode())


class Desk:
    """A keeper with one grant, and everything around it in our hands."""

    def __init__(
        self,
        *script: Exchange | BaseException | Held,
        grant: Grant = GRANT,
        fetch: Fetch | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.endpoint = FakeProber(*(script or (tokens("first"),)))
        self.changes = 0
        self.learnt: list[str] = []
        self.keeper = Keeper(
            fetch or self.endpoint.fetch,
            self.clock,
            lambda low, high: (low + high) / 2,
            changed=self._changed,
            learn=self._learn,
        )
        self.keeper.adopt({}, {"iam": grant})

    def _changed(self) -> None:
        self.changes += 1

    def _learn(self, secrets: Iterable[str]) -> None:
        self.learnt += secrets

    async def show(self) -> str:
        """Return the token that a probe would show, or why there is none."""
        answer = await self.keeper.show("iam", SOON)
        return answer.secret if isinstance(answer, Shown) else answer.detail

    async def settle(self) -> None:
        """Let what is in flight land."""
        source = self.keeper._sources["iam"]
        if source._flight is not None:
            await asyncio.wait((source._flight,), timeout=SOON)

    @property
    def asked(self) -> list[str]:
        """What was asked with, in order."""
        forms = [parse_qs((request.body or b"").decode()) for request in self.endpoint.asked]
        return [
            form["refresh_token"][0] if "refresh_token" in form else form["grant_type"][0]
            for form in forms
        ]

    def supply(self) -> Supply:
        return self.keeper.stocks()["iam"].supply


async def test_a_token_is_had_when_it_is_needed_and_kept() -> None:
    desk = Desk()
    assert desk.supply() is Supply.UNKNOWN
    assert desk.asked == []
    assert [await desk.show() for _ in range(3)] == ["first"] * 3
    assert desk.asked == ["password"]
    assert desk.supply() is Supply.OK
    shown_ = await desk.keeper.show("iam", SOON)
    assert isinstance(shown_, Shown)
    assert shown_.headers == {"Authorization": "Bearer first"}
    assert shown_.redaction.text("you sent first") == "you sent ***"


async def test_many_who_wait_share_one_request() -> None:
    held = Held()
    desk = Desk(held)
    waiting = [asyncio.create_task(desk.show()) for _ in range(100)]
    await held.begun.wait()
    held.answer.set_result(tokens("for all"[:3]))
    assert await asyncio.gather(*waiting) == ["for"] * 100
    assert desk.asked == ["password"]


async def test_one_who_is_cancelled_takes_nothing_from_the_others() -> None:
    held = Held()
    desk = Desk(held)
    first, second = asyncio.create_task(desk.show()), asyncio.create_task(desk.show())
    await held.begun.wait()
    first.cancel()
    await asyncio.wait((first,))
    assert first.cancelled()
    held.answer.set_result(tokens("first"))
    assert await second == "first"
    assert desk.asked == ["password"]


async def test_who_waits_too_long_goes_without_and_the_request_goes_on() -> None:
    held = Held()
    desk = Desk(held)
    answer = await desk.keeper.show("iam", 0.0)
    assert answer == NotSent("credential iam", "no token within 0 s")
    held.answer.set_result(tokens("late"))
    await desk.settle()
    assert await desk.show() == "late"
    assert desk.asked == ["password"]


async def test_it_is_renewed_before_its_end_by_the_refresh_token_while_nobody_waits() -> None:
    held = Held()
    desk = Desk(tokens("first"), held, tokens("never"))
    await desk.show()
    desk.clock.advance(300 - 45)
    assert await desk.show() == "first"
    assert desk.asked == ["password"]
    desk.clock.advance(15)
    assert [await desk.show() for _ in range(5)] == ["first"] * 5
    await held.begun.wait()
    held.answer.set_result(tokens("second", "another"))
    await desk.settle()
    assert await desk.show() == "second"
    assert desk.asked == ["password", "refresh"]
    assert desk.learnt == ["first", "refresh", "second", "another"]


async def test_its_life_counts_from_when_it_was_asked_for() -> None:
    held = Held()
    desk = Desk(held, tokens("second"))
    waiting = asyncio.create_task(desk.show())
    await held.begun.wait()
    desk.clock.advance(100)
    held.answer.set_result(tokens("first"))
    assert await waiting == "first"
    desk.clock.advance(200)
    assert await desk.show() == "second"


async def test_a_session_that_is_over_is_begun_anew_by_the_grant() -> None:
    desk = Desk(tokens("first"), OVER, tokens("second"))
    await desk.show()
    desk.clock.advance(400)
    assert await desk.show() == "second"
    assert desk.asked == ["password", "refresh", "password"]


async def test_a_refresh_token_that_has_ended_is_not_shown() -> None:
    desk = Desk(tokens("first"), tokens("second"))
    await desk.show()
    desk.clock.advance(1800)
    assert await desk.show() == "second"
    assert desk.asked == ["password", "password"]


# ---------------------------------------------------------------- refused


async def test_a_refused_password_is_never_tried_again_by_itself() -> None:
    desk = Desk(REFUSED)
    why = await desk.show()
    assert "Invalid user credentials" in why
    for _ in range(100):
        desk.clock.advance(3600)
        assert await desk.show() == why
        desk.keeper.tend()
    assert desk.asked == ["password"]
    stock = desk.keeper.stocks()["iam"]
    assert (stock.supply, stock.category, stock.status) == (
        Supply.PAUSED,
        Category.CREDENTIAL,
        401,
    )
    assert stock.since == START


async def test_a_person_may_say_that_it_is_worth_another_try() -> None:
    desk = Desk(REFUSED, REFUSED, tokens("at-last"))
    await desk.show()
    desk.keeper.resume("iam")
    assert desk.supply() is Supply.UNKNOWN
    assert "Invalid" in await desk.show()
    desk.keeper.resume("iam")
    assert await desk.show() == "at-last"
    assert desk.asked == ["password"] * 3


async def test_another_secret_is_worth_a_try_and_the_same_is_not() -> None:
    desk = Desk(REFUSED, tokens("second"))
    await desk.show()
    desk.keeper.adopt({}, {"iam": GRANT})
    assert desk.supply() is Supply.PAUSED
    other = Grant(GRANT.token_url, GRANT.type, GRANT.client, {**GRANT.proof, "password": "new"})
    desk.keeper.adopt({}, {"iam": other})
    assert await desk.show() == "second"


async def test_a_token_in_hand_is_good_although_no_other_can_be_had() -> None:
    desk = Desk(tokens("first"), OVER, REFUSED)
    await desk.show()
    desk.clock.advance(270)
    assert await desk.show() == "first"
    await desk.settle()
    assert desk.supply() is Supply.PAUSED
    assert await desk.show() == "first"
    assert desk.keeper.stocks()["iam"].expires_at is not None
    desk.clock.advance(30)
    assert "Invalid" in await desk.show()
    assert desk.asked == ["password", "refresh", "password"]


async def test_a_pause_goes_on_after_a_restart() -> None:
    desk = Desk()
    pause = Pause(START, "HTTP 401", Category.CREDENTIAL, 401)
    other = Grant(GRANT.token_url, GRANT.type, GRANT.client, {"username": "somebody else"})
    desk.keeper.pause("iam", other, pause)
    assert desk.supply() is Supply.UNKNOWN
    desk.keeper.pause("iam", GRANT, pause)
    assert "HTTP 401" in await desk.show()
    assert desk.asked == []
    assert desk.keeper.paused() == {"iam": (GRANT, pause)}


# ---------------------------------------------------------------- not to be had


@pytest.mark.parametrize("away", [AWAY, Reply(404), NoReply(Fault.CONNECT, "refused"), Reply(200)])
async def test_who_is_away_is_asked_less_and_less_often(away: Exchange) -> None:
    desk = Desk(away)
    for _ in range(720):
        await desk.show()
        desk.clock.advance(5)
    assert 3600 / 300 <= len(desk.asked) <= 25
    stock = desk.keeper.stocks()["iam"]
    assert (stock.supply, stock.denials) == (Supply.UNAVAILABLE, len(desk.asked))
    desk.endpoint.will(tokens("back"))
    desk.clock.advance(300)
    assert await desk.show() == "back"
    assert desk.keeper.stocks()["iam"].denials == 0


async def test_what_it_tells_us_to_wait_is_waited() -> None:
    desk = Desk(Reply(429, headers={"retry-after": "100"}))
    await desk.show()
    desk.clock.advance(99)
    await desk.show()
    assert desk.asked == ["password"]
    desk.clock.advance(1)
    await desk.show()
    assert desk.asked == ["password"] * 2


async def test_a_refresh_that_fails_costs_neither_the_session_nor_the_password() -> None:
    desk = Desk(tokens("first"), AWAY, tokens("second"))
    await desk.show()
    desk.clock.advance(290)
    assert await desk.show() == "first"
    await desk.settle()
    assert desk.supply() is Supply.OK
    desk.clock.advance(10)
    assert await desk.show() == "second"
    assert desk.asked == ["password", "refresh", "refresh"]


async def test_a_bug_is_logged_and_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(RuntimeError("oops"), tokens("second"))
    with caplog.at_level(logging.ERROR):
        assert "a bug of ours" in await desk.show()
    assert "credential.bug" in caplog.text
    desk.clock.advance(10)
    assert await desk.show() == "second"


# ---------------------------------------------------------------- rejected by a target


async def shown_now(desk: Desk) -> Shown:
    answer = await desk.keeper.show("iam", SOON)
    assert isinstance(answer, Shown)
    return answer


async def test_a_rejected_token_is_renewed_once_for_each_address() -> None:
    desk = Desk(tokens("first"), tokens("second"), tokens("third"), tokens("fourth"))
    first = await shown_now(desk)
    second = await desk.keeper.renew("iam", first, "https://a", SOON)
    assert second is not None
    assert second.secret == "second"
    assert await desk.keeper.renew("iam", second, "https://a", SOON) is None
    third = await desk.keeper.renew("iam", second, "https://b", SOON)
    assert third is not None
    desk.clock.advance(900)
    assert await desk.show() == "fourth"
    assert desk.asked == ["password", "refresh", "refresh", "refresh"]


async def test_those_who_come_later_with_the_same_token_get_the_new_one() -> None:
    desk = Desk(tokens("first"), tokens("second"))
    first = await shown_now(desk)
    renewals = [desk.keeper.renew("iam", first, f"https://{n}", SOON) for n in range(9)]
    newer = await asyncio.gather(*renewals)
    assert {one.secret for one in newer if one is not None} == {"second"}
    late = await desk.keeper.renew("iam", first, "https://late", SOON)
    assert late is newer[0]
    assert desk.asked == ["password", "refresh"]


async def test_what_cannot_be_renewed_stays_what_it_is() -> None:
    desk = Desk(tokens("first"), AWAY)
    first = await shown_now(desk)
    assert await desk.keeper.renew("iam", first, "https://a", SOON) is None
    assert await desk.show() == "first", "others may still be content with it"
    assert await desk.keeper.renew("iam", first, "https://b", SOON) is None
    assert desk.asked == ["password", "refresh"], "it is backing off"


async def test_what_is_carried_is_renewed_by_another_secret_only() -> None:
    desk = Desk()
    pat, same, other = (shown({"X-Token": s}, s) for s in ("one", "one", "two"))
    desk.keeper.adopt({"pat": pat})
    assert await desk.keeper.show("pat", SOON) is pat
    assert await desk.keeper.renew("pat", pat, "https://a", SOON) is None
    desk.keeper.adopt({"pat": same})
    assert await desk.keeper.renew("pat", pat, "https://a", SOON) is None
    desk.keeper.adopt({"pat": other})
    assert await desk.keeper.renew("pat", pat, "https://a", SOON) is other
    with pytest.raises(LookupError):
        await desk.keeper.show("iam", SOON)


# ---------------------------------------------------------------- a chain of refresh tokens


async def test_a_chain_goes_on_with_the_newest_link() -> None:
    desk = Desk(tokens("1", "b"), tokens("2", "c"), tokens("3", "d"), grant=CHAIN)
    for _ in range(3):
        await desk.show()
        desk.clock.advance(300)
    assert desk.asked == ["configured", "b", "c"]


async def test_a_chain_is_kept_alive_though_nobody_asks_for_a_token() -> None:
    desk = Desk(tokens("1", "b"), tokens("2", "c"), grant=CHAIN)
    await desk.show()
    desk.clock.advance(899)
    desk.keeper.tend()
    assert desk.asked == ["configured"]
    desk.clock.advance(2)
    desk.keeper.tend()
    await desk.settle()
    assert desk.asked == ["configured", "b"]


async def test_a_password_needs_no_such_care() -> None:
    desk = Desk()
    await desk.show()
    desk.clock.advance(1000)
    desk.keeper.tend()
    assert desk.asked == ["password"]


async def test_a_broken_chain_is_begun_again_where_it_was_configured_and_then_paused() -> None:
    desk = Desk(tokens("1", "b"), OVER, OVER, grant=CHAIN)
    await desk.show()
    desk.clock.advance(300)
    assert "Session not active" in await desk.show()
    assert desk.asked == ["configured", "b", "configured"]
    assert desk.supply() is Supply.PAUSED


async def test_a_link_that_does_not_change_is_refused_once() -> None:
    desk = Desk(tokens("1", "configured"), OVER, grant=CHAIN)
    await desk.show()
    desk.clock.advance(300)
    await desk.show()
    assert desk.asked == ["configured", "configured"]
    assert desk.supply() is Supply.PAUSED


# ---------------------------------------------------------------- life


async def test_whoever_waits_for_what_is_replaced_or_closed_goes_without() -> None:
    for ending in ("replaced", "closed"):
        held = Held()
        desk = Desk(held)
        waiting = asyncio.create_task(desk.keeper.show("iam", SOON))
        await held.begun.wait()
        if ending == "replaced":
            desk.keeper.adopt({}, {"iam": CHAIN})
        else:
            await desk.keeper.close()
        async with asyncio.timeout(SOON):
            assert isinstance(await waiting, NotSent)


async def test_what_changed_is_said() -> None:
    desk = Desk(AWAY, AWAY, tokens("first"))
    for changes in (1, 2, 3):
        await desk.show()
        assert desk.changes == changes
        desk.clock.advance(60)


async def test_requests_are_counted_by_what_came_of_them() -> None:
    desk = Desk(AWAY, tokens("first"), OVER, REFUSED)
    for _ in range(3):
        await desk.show()
        desk.clock.advance(300)
    assert desk.keeper.requests() == {
        ("iam", "password", "unavailable"): 1,
        ("iam", "password", "given"): 1,
        ("iam", "refresh_token", "refused"): 1,
        ("iam", "password", "refused"): 1,
    }
