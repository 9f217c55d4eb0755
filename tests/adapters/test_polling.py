"""A 202 that is followed to its end, with the simulated Omilia's test runs."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from monitor.adapters.assertions import filler, json_checks
from monitor.adapters.credentials import Carried
from monitor.adapters.prober import AiohttpProber, PolledRequest, PollProber
from monitor.core.category import Category
from monitor.core.credential import shown
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, NotSent, Reply
from monitor.core.outcome import Expectation, Outcome, judged
from monitor.omilia.simulator import Fault, Simulator
from monitor.omilia.simulator.runs import LOOKS, RUNS
from tests.clock import START, FakeClock
from tests.fakes import FakeProber

PATIENCE = 60.0
PAT = shown({"X-OCP-PERSONAL-ACCESS-TOKEN": "simulated-pat"}, "simulated-pat")
DONE = tuple(json_checks({"$.status": "finished"}))
FAILED = tuple(json_checks({"$.status": {"enum": ["failed", "cancelled"]}}))


@pytest_asyncio.fixture
async def omilia() -> AsyncIterator[Simulator]:
    async with Simulator(clock=FakeClock()) as omilia:
        yield omilia


@pytest_asyncio.fixture
async def polls() -> AsyncIterator[PollProber]:
    async with AiohttpProber(Carried({"pat": PAT})) as prober:
        yield PollProber(prober)


def run(omilia: Simulator, **more: Any) -> PolledRequest:
    usual: dict[str, Any] = {"method": "POST", "body": b"{}", "timeout": PATIENCE}
    usual |= {"credential": "pat", "done": DONE, "failed": FAILED, "every": 0.01}
    return PolledRequest(omilia.url + RUNS, **(usual | more))


def break_(omilia: Simulator, do: str, where: str, **more: Any) -> None:
    omilia.faults.set(Fault.model_validate({"do": do, "where": where, **more}))


def outcome(exchange: Exchange) -> Outcome:
    return judged("run", exchange, Expectation(), due=START, now=START)


def asked(omilia: Simulator) -> list[tuple[str, str]]:
    return [(seen.method, seen.path) for seen in omilia.requests.last]


@pytest.mark.parametrize("at", [None, "/testing/api/runs/{$.id}", "runs/{$.id}"])
async def test_what_is_accepted_is_asked_about_until_it_is_done(
    omilia: Simulator, polls: PollProber, at: str | None
) -> None:
    exchange = await polls.fetch(run(omilia, at=None if at is None else filler(at)))
    assert isinstance(exchange, Reply)
    assert outcome(exchange).category is Category.OK
    assert json.loads(exchange.body)["results"] == {"passed": 12, "failed": 0}
    assert [step.name for step in exchange.steps] == ["accepted", "polling"]
    assert exchange.latency == pytest.approx(sum(step.seconds for step in exchange.steps))
    first, *looks = asked(omilia)
    assert first == ("POST", RUNS)
    assert len(looks) == LOOKS + 1
    assert {method for method, _ in looks} == {"GET"}


@pytest.mark.parametrize("status", [200, 500, 401])
async def test_what_is_not_accepted_is_the_answer(
    omilia: Simulator, polls: PollProber, status: int
) -> None:
    if status == 200:
        break_(omilia, "wrong_body", RUNS, body={"status": "finished"})
    else:
        break_(omilia, "fail", RUNS, status=status)
    exchange = await polls.fetch(run(omilia))
    assert isinstance(exchange, Reply)
    assert (exchange.status, exchange.steps) == (status, ())
    assert len(asked(omilia)) == 1


@pytest.mark.parametrize(
    ("fault", "category", "detail"),
    [
        ({"do": "fail", "status": 503}, Category.SERVER_ERROR, "polling: HTTP 503"),
        ({"do": "throttle", "retry_after": "9s"}, Category.THROTTLED, "polling: HTTP 429"),
        ({"do": "reset"}, Category.UNREACHABLE, "polling: "),
        (
            {"do": "wrong_body", "body": {"status": "failed"}},
            Category.UNEXPECTED,
            "polling: it failed",
        ),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else "",
)
async def test_trouble_on_the_way_ends_it_and_is_judged_by_the_table(
    omilia: Simulator, polls: PollProber, fault: dict[str, Any], category: Category, detail: str
) -> None:
    break_(omilia, where=f"{RUNS}/", **fault)
    said = outcome(await polls.fetch(run(omilia)))
    assert said.category is category
    assert said.detail.startswith(detail), said.detail
    assert len(asked(omilia)) == 2


async def test_what_never_ends_says_what_was_last_seen() -> None:
    accepted = Reply(202, b"{}", {"location": "/runs/1"})
    prober = Accepting(accepted, Reply(200, b'{"status": "running"}'))
    seconds = count()
    request = PolledRequest("https://omilia.example/runs", timeout=10.0, done=DONE, every=0.0)
    polls = PollProber(prober, measure=lambda: float(next(seconds)))
    said = outcome(await polls.fetch(request))
    assert said.category is Category.UNEXPECTED
    assert said.detail == (
        'polling: not done after 10 s, asked 4 times: $.status: expected "finished", got "running"'
    )
    assert all(one.timeout < 10.0 for one in prober.first.asked[1:])


class Accepting:
    """A prober whose first answer is a 202, and whose further ones are a script's."""

    def __init__(self, accepted: Reply, *later: Exchange) -> None:
        self.first = FakeProber(accepted, *later)

    async def fetch(self, request: Request) -> Exchange:
        return await self.first.fetch(request)


@pytest.mark.parametrize(
    ("headers", "body", "at"),
    [
        ({}, b"{}", None),
        ({"location": "https://evil.example/runs/1"}, b"{}", None),
        ({"location": "http://[broken"}, b"{}", None),
        ({"location": "ftp://omilia.example/x"}, b"{}", None),
        ({"location": "/runs/1"}, b"not json", "/runs/{$.id}"),
        ({"location": "/runs/1"}, b'{"id": true}', "/runs/{$.id}"),
        ({"location": "/runs/1"}, b'{"id": null}', "/runs/{$.id}"),
        ({}, b'{"host": "evil.example"}', "https://{$.host}/runs"),
    ],
)
async def test_nobody_is_asked_who_is_not_the_same_server(
    headers: dict[str, str], body: bytes, at: str | None
) -> None:
    prober = Accepting(Reply(202, body, headers))
    fill = None if at is None else filler(at)
    request = PolledRequest("https://omilia.example/runs", at=fill, done=DONE)
    said = outcome(await PollProber(prober).fetch(request))
    assert said.category is Category.UNEXPECTED
    assert "does not say where to ask" in said.detail
    assert len(prober.first.asked) == 1


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/runs/1", "https://omilia.example/runs/1"),
        ("https://omilia.example/runs/1?a=b#c", "https://omilia.example/runs/1?a=b"),
        ("1", "https://omilia.example/api/1"),
    ],
)
async def test_a_location_is_taken_from_where_it_was_given(location: str, url: str) -> None:
    prober = Accepting(
        Reply(202, b"{}", {"location": location}), Reply(200, b'{"status": "finished"}')
    )
    request = PolledRequest("https://omilia.example/api/runs", "POST", done=DONE, every=0.0)
    assert outcome(await PollProber(prober).fetch(request)).category is Category.OK
    assert [one.url for one in prober.first.asked][1:] == [url]
    assert prober.first.asked[1].method == "GET"
    assert prober.first.asked[1].body is None


async def test_what_could_not_be_asked_says_so() -> None:
    accepted = Reply(202, b"{}", {"location": "/runs/1"})
    prober = Accepting(accepted, NotSent("credential pat", "it is over"))
    request = PolledRequest("https://omilia.example/runs", done=DONE, every=0.0)
    assert await PollProber(prober).fetch(request) == NotSent("credential pat", "it is over")


async def test_it_can_be_cancelled(omilia: Simulator, polls: PollProber) -> None:
    task = asyncio.create_task(polls.fetch(run(omilia, every=30.0)))
    async with asyncio.timeout(PATIENCE):
        while not omilia.requests.total:  # noqa: ASYNC110  a count rings no bell
            await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, PATIENCE)


# ---------------------------------------------------------------- templates


@pytest.mark.parametrize(
    ("template", "body", "filled"),
    [
        ("/runs/{$.id}", b'{"id": "a-1"}', "/runs/a-1"),
        ("/runs/{$.id}/of/{$.suite.name}", b'{"id": 7, "suite": {"name": "x"}}', "/runs/7/of/x"),
        ("/runs/{$.id}", b'{"id": "../../admin?x=1#y"}', "/runs/..%2F..%2Fadmin%3Fx%3D1%23y"),
        ("/runs/{$.ids[0]}", b'{"ids": ["a", "b"]}', "/runs/a"),
        ("/fixed", b"not json", "/fixed"),
        ("/runs/{$.id}", b'{"id": ""}', None),
        ("/runs/{$.id}", b'{"id": ["a"]}', None),
        ("/runs/{$.id}", b"[]", None),
        ("/runs/{$.id}", b"[" * 100_000, None),
    ],
)
def test_a_template_is_filled_with_what_stands_there(
    template: str, body: bytes, filled: str | None
) -> None:
    assert filler(template)(Reply(202, body)) == filled


@pytest.mark.parametrize("template", ["/runs/{id}", "/runs/{$.id", "/runs/}", "/runs/{$..[}"])
def test_braces_that_hold_no_path_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match="JSONPath"):
        filler(template)
