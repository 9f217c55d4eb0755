"""Random silences, windows, outages: nothing is told inside, all outside, and every end."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.policy import Why
from monitor.app.telling.door import to_alert
from monitor.app.telling.holding import hold_of
from monitor.core.incident import Incident, Severity, close
from monitor.core.labels import labels_of
from monitor.core.maintenance import Plan, Window
from monitor.core.silence import Silence
from tests.alerts.kit import FakeChannel, House
from tests.app.test_holding import A, at, incident, silence, window

MINUTES = 30
SPANS = st.tuples(st.integers(0, MINUTES), st.integers(1, 12)).map(lambda s: (s[0], sum(s)))
WINDOWS = st.lists(SPANS.map(lambda span: window(*span)), max_size=2)
MATCHERS = st.sampled_from(["endpoint=a", "endpoint=b", "severity=warning", "severity=~.+"])
SILENCES = st.lists(
    st.tuples(SPANS, MATCHERS).map(lambda made: silence(*made[0], made[1])), max_size=4
)
OUTAGES = st.tuples(st.integers(0, 20), st.integers(0, 10), st.integers(1, 15))
"""When it begins, after how many minutes it grows worse, and after how many more it is over."""


def stands(outage: tuple[int, int, int], minute: int) -> Incident | None:
    """Return how the incident of an outage is at some minute, None when it has not begun."""
    begins, worse, over = outage
    if minute < begins:
        return None
    one = replace(incident(begins), severity=Severity.WARNING)
    if minute >= begins + worse:
        one = replace(one, severity=Severity.CRITICAL, revision=2)
    if minute >= begins + worse + over:
        one = close(one, now=at(begins + worse + over), because="it works again")
    return one


def covered(
    one: Incident, windows: Sequence[Window], silences: Sequence[Silence], now: int
) -> bool:
    """Say it plainly: whether any window or silence is about it at this minute."""
    quiet = any(s.starts_at <= at(now) < s.ends_at and s.matches(labels_of(one)) for s in silences)
    return quiet or any(w.start <= at(now) < w.end for w in windows)


@given(OUTAGES, WINDOWS, SILENCES)
@settings(max_examples=60, deadline=None)
def test_told_exactly_when_nothing_holds_it(
    outage: tuple[int, int, int], windows: list[Window], silences: list[Silence]
) -> None:
    asyncio.run(_played(outage, windows, silences))


async def _played(
    outage: tuple[int, int, int], windows: list[Window], silences: list[Silence]
) -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin()
    for minute in range(MINUTES + 20):
        one = stands(outage, minute)
        if one is None:
            await house.wait(60)
            continue
        before, plan = len(ops.got), Plan(windows)
        hold = hold_of(one, (A,), plan, at(minute), silences=silences)
        told = to_alert(
            one, breaker=None, channels=("ops",), public_url="", now=at(minute), hold=hold
        )
        await house.say(told)
        new = [message.why for message in ops.got[before:]]
        heard = [message.why for message in ops.got]
        if not one.is_open:
            assert heard[-1:] in ([], [Why.RESOLVED]), "who was told hears of the end at once"
            assert heard.count(Why.RESOLVED) <= 1
        elif covered(one, windows, silences, minute):
            assert (new, bool(hold.held)) == ([], True)
        else:
            assert hold.held == ""
            assert heard, "it is told as soon as nothing holds it"
            assert ops.got[-1].alert.revision == one.revision, "and how it stands now"
        await house.wait(60)
