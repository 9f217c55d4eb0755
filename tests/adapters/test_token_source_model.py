"""A source of tokens against a plain description of one: whatever happens, in whatever order."""

import asyncio
import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from monitor.core.credential import Shown, Supply
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, Fault, NoReply, Reply
from tests.adapters.test_token_source import AWAY, OVER, REFUSED, SOON, Desk, tokens

ANSWERS = ("given", "over", "refused", "away", "silent", "odd")


class Endpoint:
    """A token endpoint that says what it is told to, and notices when it is asked twice at once."""

    def __init__(self) -> None:
        self.says = "given"
        self.given = 0
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def fetch(self, request: Request) -> Exchange:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        refresh = b"grant_type=refresh_token" in (request.body or b"")
        self.asked.append("refresh" if refresh else "grant")
        if self.says == "over":  # sessions have ended, the password is still good
            return OVER if refresh else self._given()
        if self.says == "given":
            return self._given()
        answers: dict[str, Exchange] = {
            "refused": REFUSED,
            "away": AWAY,
            "silent": NoReply(Fault.TIMEOUT),
        }
        return answers.get(self.says, Reply(200, b"<html>"))

    def _given(self) -> Reply:
        self.given += 1
        return tokens(f"token-{self.given}", f"refresh-{self.given}")


class TokenSources(RuleBasedStateMachine):
    """What must hold of a source, whoever asks and whatever the token endpoint says."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.endpoint = Endpoint()
        self.desk = self.loop.run_until_complete(self._desk())
        self.shown: list[tuple[str, float]] = []
        self.grants_at_pause: int | None = None

    async def _desk(self) -> Desk:
        return Desk(fetch=self.endpoint.fetch)

    def teardown(self) -> None:
        self.loop.run_until_complete(self.desk.keeper.close())
        self.loop.close()

    @property
    def grants(self) -> int:
        return self.endpoint.asked.count("grant")

    @rule(says=st.sampled_from(ANSWERS))
    def the_endpoint_changes_its_mind(self, says: str) -> None:
        self.endpoint.says = says

    @rule(seconds=st.sampled_from([0.1, 3.0, 10.0, 60.0, 200.0, 299.0, 1000.0, 4000.0]))
    def time_passes(self, seconds: float) -> None:
        self.desk.clock.advance(seconds)

    @rule(many=st.integers(1, 5))
    def probes_ask(self, many: int) -> None:
        async def ask() -> list[object]:
            keeper = self.desk.keeper
            answers = await asyncio.gather(*(keeper.show("iam", SOON) for _ in range(many)))
            await self.desk.settle()
            return list(answers)

        answers = self.loop.run_until_complete(ask())
        secrets = {one.secret for one in answers if isinstance(one, Shown)}
        assert len(secrets) <= 1, "who asks together gets the same"
        token = self.desk.keeper._sources["iam"]._token
        if secrets and token is not None and token.shown.secret in secrets:
            assert token.expires > self.desk.clock.monotonic(), "nobody is given what has ended"

    @rule(where=st.sampled_from(["https://a", "https://b"]))
    def a_target_rejects_it(self, where: str) -> None:
        async def reject() -> None:
            keeper = self.desk.keeper
            now = await keeper.show("iam", SOON)
            await self.desk.settle()
            if isinstance(now, Shown):
                newer = await keeper.renew("iam", now, where, SOON)
                assert newer is None or newer is not now
            await self.desk.settle()

        self.loop.run_until_complete(reject())

    @precondition(lambda self: self.desk.supply() is Supply.PAUSED)
    @rule()
    def somebody_resumes_it(self) -> None:
        self.desk.keeper.resume("iam")
        self.grants_at_pause = None

    @invariant()
    def nobody_asks_twice_at_once(self) -> None:
        assert self.endpoint.most_at_once <= 1

    @invariant()
    def a_refused_grant_is_not_repeated(self) -> None:
        if self.desk.supply() is not Supply.PAUSED:
            return
        if self.grants_at_pause is None:
            self.grants_at_pause = self.grants
        assert self.grants == self.grants_at_pause

    @invariant()
    def its_stock_is_what_it_has(self) -> None:
        source = self.desk.keeper._sources["iam"]
        token, stock = source._token, source.stock()
        good = token is not None and token.expires > self.desk.clock.monotonic()
        assert (stock.expires_at is not None) == good
        if stock.supply is Supply.OK:
            assert good
        if stock.supply is Supply.UNAVAILABLE:
            assert not good
            assert stock.reason
            assert source._not_before < math.inf


TestTokenSources = TokenSources.TestCase
TestTokenSources.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
