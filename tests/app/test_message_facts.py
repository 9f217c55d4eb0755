"""What a message says beside how bad it is, as the daemon fills it in."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app.telling.facts import evidence, facts_of, runbook_of
from monitor.board import Entry
from monitor.core.blame import Blamed
from monitor.core.breaker import Sample, Snapshot, State
from monitor.core.endpoint import Endpoint, Request
from monitor.core.exchange import Fault
from monitor.core.grounds import Grounds, Rule
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, Trouble, open_incident
from monitor.core.network import NETWORK
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.standing import Standing
from monitor.core.traffic import Says, Voice, Word
from tests.app.world import CONFIG, World
from tests.clock import START

ENDPOINT = Endpoint("chat", Request("https://a.example/"))


def sample(after: float, status: int | None = 503, **more: Any) -> Sample:
    at, category = START + timedelta(seconds=after), more.pop("category", Category.SERVER_ERROR)
    return Sample(at, category, status, more.pop("detail", ""), **more)


def incident(*samples: Sample, key: str = "chat", **more: Any) -> Incident:
    trouble = Trouble(
        key, Health.DOWN, Severity.ERROR, Category.SERVER_ERROR, "because", samples=samples
    )
    whose = Blamed(more.pop("blame", "unclear"), "")
    made = open_incident(trouble, Standing("chat"), ENDPOINT, whose, location="here", now=START)
    return replace(made, **more)


def entry(state: State = State.OPEN) -> Entry:
    return Entry(ENDPOINT, Standing("chat", Snapshot(state)))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (incident(), ""),
        (incident(sample(0)), "1 probe: 503"),
        (
            incident(
                sample(0),
                sample(20),
                sample(40, None, fault=Fault.TIMEOUT, category=Category.UNREACHABLE),
                sample(45),
            ),
            "4 probes in 45 s: 2 x 503, timeout, 503",
        ),
        (
            incident(sample(0, 200, category=Category.UNEXPECTED)),
            "1 probe: 200, unexpected",
        ),
        (
            incident(sample(0, 200, category=Category.SLOW, detail="took 3 s, more than 2 s")),
            "1 probe: took 3 s",
        ),
        (incident(sample(0), sample(0.2), key="platform:us1"), "2 endpoints at once: 2 x 503"),
        (
            incident(sample(0), sample(9), grounds=Grounds(Rule.TRAFFIC)),
            "2 reported failures in 9 s: 2 x 503",
        ),
        (incident(sample(0), key="traffic:chat"), "the figures of both, in the reason"),
        (incident(key="certificate:a.example"), "the probes of chat saw it"),
        (incident(key="burn:chat"), "the time of chat as the ledger has it, in the reason"),
        (incident(sample(0), key="flapping:chat"), "its outages, counted one by one"),
        (incident(key="credential-age:pat"), "the configuration says when it ends"),
        (incident(key=NETWORK, inconclusive=1), "1 probe said nothing since"),
        (incident(key=NETWORK, inconclusive=14), "14 probes said nothing since"),
    ],
)
def test_the_evidence_says_how_many_saw_it_in_how_long_and_what(one: Incident, said: str) -> None:
    assert evidence(one) == said


def test_of_refusals_it_is_said_how_many_came_in_a_row() -> None:
    known = entry(State.CLOSED)
    last = Outcome("chat", START, START, Category.LICENCE, Effect.NEUTRAL, status=403)
    seen = replace(known, standing=replace(known.standing, last=last, streak=2))
    one = incident(sample(0, 403, category=Category.LICENCE), category=Category.LICENCE)
    assert facts_of(one, seen, next_at=None)["evidence"] == "2 probes in a row: 403"
    another = replace(one, category=Category.CREDENTIAL)
    assert facts_of(another, seen, next_at=None)["evidence"] == "1 probe: 403"


def test_what_real_traffic_says_is_evidence_when_enough_speak() -> None:
    one, two = (Voice(name, 1, 50, 20, 40.0) for name in ("checkout", "ivr"))
    heard = Word(Says.FAILING, 40.0, (one,), 60.0)
    assert evidence(incident(sample(0)), heard) == (
        "1 probe: 503; real traffic: 20 of 50 calls failed in 1 min, as checkout reports"
    )
    heard = replace(heard, voices=(one, two))
    assert evidence(incident(), heard).endswith(
        "40 of 100 calls failed in 1 min, as checkout, ivr report"
    )
    assert evidence(incident(), replace(heard, says=Says.TOO_LITTLE)) == ""


@pytest.mark.parametrize(
    ("one", "state", "said"),
    [
        (incident(), State.OPEN, "2 good trials end it."),
        (incident(category=Category.LICENCE), State.CLOSED, "The first good answer ends it."),
        (
            incident(key="burn:chat"),
            State.CLOSED,
            "It ends when it has burned slowly enough for two of the rule's short windows.",
        ),
        (incident(category=Category.SLOW), State.CLOSED, "It ends when at most 25 % are slow."),
        (
            incident(key="certificate:a.example", notice=True),
            State.CLOSED,
            "It ends when a probe sees a new certificate.",
        ),
        (
            incident(key="credential-age:pat", notice=True),
            State.CLOSED,
            "It ends when the configuration says when a new one ends.",
        ),
        (
            incident(key=NETWORK, notice=True),
            State.CLOSED,
            "It ends when enough witnesses answer, 2 rounds in a row.",
        ),
        (
            incident(key="platform:us1", notice=True),
            State.OPEN,
            "It ends when all of them work again.",
        ),
        (
            incident(key="flapping:chat", notice=True),
            State.CLOSED,
            "It ends when it has worked for twice as long as it usually does.",
        ),
        (
            incident(key="traffic:chat", notice=True),
            State.CLOSED,
            "It ends when probes and real traffic agree.",
        ),
    ],
)
def test_what_ends_it_is_said_in_one_sentence(one: Incident, state: State, said: str) -> None:
    assert facts_of(one, entry(state), next_at=START)["next"] == said


def test_when_somebody_looks_again_is_said_where_that_can_end_it() -> None:
    known = facts_of(incident(), entry(), next_at=START)
    assert known["next_probe_at"] == "2026-11-22T18:00:00.000Z"
    for one in (incident(closed_at=START), incident(notice=True), incident(key=NETWORK)):
        assert facts_of(one, entry(), next_at=START)["next_probe_at"] is None
    assert facts_of(incident(closed_at=START), entry(), next_at=None)["next"] == ""
    assert facts_of(incident(), None, next_at=None)["next"] == "", "no longer watched"


def test_the_runbook_is_the_endpoints_own_or_else_one_of_those_that_it_is_about() -> None:
    assert runbook_of("own", ["another"]) == "own"
    assert runbook_of("", ["", "another", "third"]) == "another"
    assert runbook_of("", []) == ""


def config() -> str:
    endpoint = '{{id: status, runbook: "https://wiki.example/status#down", '
    return CONFIG.replace("{{id: status, ", endpoint)


async def test_a_message_carries_evidence_what_ends_it_and_the_runbook(tmp_path: Path) -> None:
    async with World(tmp_path, config()) as world:
        await world.pass_(120)
        world.break_(do="fail", status=503, where="envs-manager")
        await world.pass_(120)
        (told,) = (one["data"] for one in world.receiver.messages)
        assert told["evidence"] == "3 probes in 10 s: 3 x 503"
        assert told["next"] == "2 good trials end it."
        assert told["runbook"] == "https://wiki.example/status#down"
        began = datetime.fromisoformat(told["started_at"])
        assert datetime.fromisoformat(told["next_probe_at"]) > began
        world.mend()
        await world.pass_(600)
        over = world.receiver.messages[-1]["data"]
        assert (over["next"], over["next_probe_at"]) == ("", None)
        assert over["evidence"] == "5 probes in 42 s: 5 x 503", "its trials too"
