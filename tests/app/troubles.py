"""One incident of each kind that wakes people, as the daemon hands it to the channels."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from alerts.alert import Alert
from alerts.terms import Terms
from monitor.app.telling.door import to_alert
from monitor.app.telling.facts import facts_of
from monitor.board import Entry
from monitor.core.blame import OFFLINE, Around, Blamed, blamed
from monitor.core.breaker import Sample, Snapshot, State
from monitor.core.endpoint import Endpoint, Request
from monitor.core.exchange import Fault
from monitor.core.expiry import certificate_trouble
from monitor.core.grounds import Grounds, Rule, words
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, Trouble, close, open_incident
from monitor.core.network import trouble_offline
from monitor.core.outcome import Category
from monitor.core.sight import Sight
from monitor.core.standing import Standing
from monitor.core.together import trouble_together
from tests.clock import START

ID = "chat-rest"
ENDPOINT = Endpoint(ID, Request("https://a.example/"), group="dialog")
LINK = "https://monitor.example"
RUNBOOK = "https://wiki.example/chat-rest"


def sample(before: float, category: Category, status: int | None, detail: str) -> Sample:
    fault = Fault.TIMEOUT if status is None else None
    return Sample(START - timedelta(seconds=before), category, status, detail, fault)


def _tripped(category: Category, status: int | None, detail: str) -> Trouble:
    grounds, reason = Grounds(Rule.FAILURES, 3), f"3 failures in a row, the last: {detail}"
    samples = tuple(sample(before, category, status, detail) for before in (10.0, 5.0, 0.0))
    bad = Severity.CRITICAL
    return Trouble(ID, Health.DOWN, bad, category, reason, status, samples, grounds)


def _refused(key: str, category: Category, status: int, detail: str) -> Trouble:
    samples = (sample(0, category, status, detail),)
    return Trouble(key, Health.BLOCKED, Severity.ERROR, category, detail, status, samples)


def _throttled() -> Trouble:
    said, category = "HTTP 429: Too many requests", Category.THROTTLED
    samples, grounds = (sample(0, category, 429, said),), Grounds(Rule.THROTTLED, 1)
    reason = f"throttled: {said}"
    bad = Severity.WARNING
    return Trouble(ID, Health.THROTTLED, bad, category, reason, 429, samples, grounds)


def _certificate() -> Trouble:
    ends, ahead = START + timedelta(days=3), timedelta(days=21)
    found = certificate_trouble("a.example", ends, ahead, START)
    assert found is not None
    return found


def _slow() -> Trouble:
    said = "took 3.2 s, more than 2 s"
    grounds = Grounds(Rule.SLOW_RATE, 12, 20, 50.0, 600.0)
    samples = tuple(sample(before, Category.SLOW, 200, said) for before in (10.0, 5.0, 0.0))
    bad, reason = Severity.WARNING, words(grounds, said)
    return Trouble(ID, Health.DEGRADED, bad, Category.SLOW, reason, 200, samples, grounds)


def _platform() -> Trouble:
    return trouble_together("platform:us1", [_opened("down", f"chat-{n}") for n in range(4)], 5)


TROUBLES: dict[str, Callable[[], Trouble]] = {
    "down": lambda: _tripped(Category.SERVER_ERROR, 503, "HTTP 503: Service Unavailable"),
    "unreachable": lambda: _tripped(Category.UNREACHABLE, None, "no answer within 5 s"),
    "throttled": _throttled,
    "credential": lambda: _refused(
        "credential:pat", Category.CREDENTIAL, 401, "HTTP 401: Invalid token"
    ),
    "licence": lambda: _refused(ID, Category.LICENCE, 403, "HTTP 403: No licenses available"),
    "offline": lambda: trouble_offline(
        Sight(offline=True, unheard=("1.1.1.1:443: timeout", "dns: no answer"))
    ),
    "platform": _platform,
    "certificate": _certificate,
    "slow": _slow,
}
KINDS = tuple(TROUBLES)


def _opened(kind: str, endpoint: str = "chat-rest") -> Incident:
    trouble = TROUBLES[kind]()
    about = replace(ENDPOINT, id=endpoint)
    around = Around(online=None if kind == "offline" else True, others=True)
    whose = OFFLINE if kind == "offline" else trouble.blamed or blamed(trouble.seen(about), around)
    assert isinstance(whose, Blamed)
    good = None if kind in ("offline", "certificate") else START - timedelta(seconds=55)
    standing = Standing(endpoint, last_good_at=good)
    opened = open_incident(
        trouble, standing, about, whose, location="frankfurt", now=START, notice=kind in _NOTICED
    )
    return replace(opened, inconclusive=14) if kind == "offline" else opened


_NOTICED = ("offline", "platform", "certificate")
_CLOSED = (*_NOTICED, "credential", "licence", "slow")


def alert_of(kind: str, *, over: bool = False, **more: Any) -> Alert:
    """Return the alert of an incident of some kind, going on or over."""
    incident = _opened(kind)
    if over:
        end = START + timedelta(hours=2, minutes=16)
        incident = close(incident, now=end, because="answers as expected")
    state = State.CLOSED if kind in _CLOSED else State.OPEN
    breaker = Snapshot(state, trips=1, reason=incident.reason)
    entry = Entry(ENDPOINT, Standing("chat-rest", breaker))
    runbook = "" if kind == "offline" else RUNBOOK
    facts = facts_of(incident, entry, next_at=START + timedelta(seconds=12), runbook=runbook)
    return to_alert(
        incident,
        breaker=None if kind in _NOTICED else breaker,
        channels=("room", "pager"),
        terms={"pager": Terms(after=300.0, unless_acked=True)},
        public_url=LINK,
        now=START,
        blocks=("chat-ws", "ivr") if kind == "down" else (),
        more=facts,
        **more,
    )
