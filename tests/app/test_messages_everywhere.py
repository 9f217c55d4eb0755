"""Each kind of trouble on every channel that people read: nothing that they need is missing."""

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.alert import Alert, Status
from alerts.channels import Channel
from alerts.message import Notification
from alerts.policy import Why
from alerts.words import words
from tests.alerts.channels import everywhere
from tests.app.troubles import KINDS, LINK, RUNBOOK, alert_of
from tests.clock import START

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
PEOPLE = tuple(kind for kind in everywhere.KINDS if kind != "log")
SEEN = {
    "down": "3 probes in 10 s: 3 x 503",
    "unreachable": "3 probes in 10 s: 3 x timeout",
    "throttled": "1 probe: 429",
    "credential": "1 probe: 401",
    "licence": "1 probe: 403",
    "offline": "14 probes said nothing since",
    "platform": "4 endpoints at once: 4 x 503",
    "certificate": "the probes of chat-rest saw it",
    "slow": "3 probes in 10 s",
}
WHAT = {
    "down": "chat-rest is down",
    "unreachable": "cannot reach chat-rest",
    "throttled": "chat-rest is throttled",
    "credential": "our credential is rejected: pat",
    "licence": "no licence available: chat-rest",
    "offline": "we are offline",
    "platform": "most of platform us1 fails",
    "certificate": "the certificate of a.example runs out",
    "slow": "chat-rest is slow",
}


def notice(one: Alert, why: Why = Why.FIRST, after: float = 2.0) -> Notification:
    return Notification(why, one, START + timedelta(seconds=after))


async def read(channel: str, one: Notification, folder: Path) -> str:
    async def tell(made: Channel) -> None:
        attempt = await made.send(one)
        assert not attempt.error, attempt

    return await everywhere.arrived(channel, tell, folder)


@pytest.mark.parametrize("channel", PEOPLE)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_message_says_all_that_a_woken_person_needs(
    kind: str, channel: str, tmp_path: Path
) -> None:
    one = alert_of(kind)
    said = await read(channel, notice(one), tmp_path)
    needed = {
        "what": WHAT[kind],
        "since when": "2026-11-22 18:00:00 UTC",
        "how bad": one.severity.value.upper(),
        "whose fault": one.facts["sentence"],
        "why": words(notice(one)).details["Because"],
        "the evidence": SEEN[kind],
        "what ends it": one.facts["next"],
        "who is told next": "Told next: pager, in 4 min 58 s, unless somebody takes it.",
    }
    if kind not in ("offline", "certificate"):
        needed["what was last good"] = "2026-11-22 17:59:05 UTC"
    if kind not in ("offline", "certificate", "platform"):
        needed["the next probe"] = f"The next {'trial' if is_open(one) else 'probe'} is in 10 s."
        needed["the breaker"] = "open" if is_open(one) else "closed"
    if kind != "offline":
        needed["the runbook"] = RUNBOOK
    if channel != "command":  # it has the link in the message on its standard input
        needed["a link"] = f"{LINK}/v1/incidents/{one.id}"
    missing = {what: text for what, text in needed.items() if text not in said}
    assert missing == {}, said


def is_open(one: Alert) -> bool:
    return bool(one.facts["breaker"].get("state") == "open")


@pytest.mark.parametrize("channel", [kind for kind in PEOPLE if kind != "pagerduty"])
async def test_an_end_says_how_long_it_lasted(channel: str, tmp_path: Path) -> None:
    one = alert_of("down", over=True)
    assert one.status is Status.RESOLVED
    said = await read(channel, notice(one, Why.RESOLVED, 8162.0), tmp_path)
    assert "It lasted 2 h 16 min. Answers as expected." in said
    if channel != "opsgenie":  # it closes what it knows under the title that it has
        assert "chat-rest works again" in said


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_phone_shows_is_short_and_begins_with_what_it_is(kind: str) -> None:
    said = words(notice(alert_of(kind)))
    assert said.title.endswith(WHAT[kind])
    assert len(said.title) <= 60
    assert len(said.short) <= 200
    sentences = said.short.removesuffix(".").split(". ")
    assert all(one[0].isupper() or one[0].isdigit() for one in sentences), said.short
