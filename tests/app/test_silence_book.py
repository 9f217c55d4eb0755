"""The book of silences as the announcer asks it: about what goes on, every second."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from monitor.app.telling.silences import Silences
from monitor.core.event import Event
from monitor.core.incident import Severity
from monitor.core.matchers import Matcher, matcher
from monitor.core.silence import Silence
from tests.app.test_message_facts import incident
from tests.clock import START, FakeClock

ASKED: list[str] = []


class Counting(Matcher):
    """A matcher that notes what it is asked about."""

    def holds(self, labels: Mapping[str, str]) -> bool:
        ASKED.append(self.value)
        return super().holds(labels)


class Shelf:
    """Where silences and events are kept: nowhere."""

    async def keep(self, _: Silence) -> None:
        return

    def note(self, _: Event) -> None:
        return


def silence(*matchers: Matcher, name: str = "") -> Silence:
    return Silence(name, matchers, START, START + timedelta(hours=1), "ada", "known")


def book() -> Silences:
    shelf = Shelf()
    return Silences(FakeClock(), keep=shelf.keep, timeline=shelf, held=lambda: None)


async def test_what_is_about_an_incident_follows_what_people_say_and_what_it_becomes() -> None:
    one, silences = incident(), book()
    silences.restore([silence(matcher('endpoint="chat"'), name="kept")])
    assert [found.id for found in silences.about(one)] == ["kept"]
    loud = await silences.add(silence(matcher('severity="critical"')))
    wide = await silences.add(silence(matcher('key=~"ch.*"')))
    assert loud is not None
    assert wide is not None
    assert silences.about(one) == [silences.known()[0], wide]
    worse = replace(one, severity=Severity.CRITICAL)
    assert silences.about(worse) == [silences.known()[0], loud, wide]
    over = await silences.expire(wide.id, "ada")
    assert silences.about(one)[1:] == [over]
    silences.restore([silence(matcher('endpoint="chat"'), name="more")])
    assert [found.id for found in silences.about(one)] == ["kept", wide.id, "more"]


async def test_no_matcher_is_asked_twice_about_the_same_labels() -> None:
    ASKED.clear()
    silences = book()
    silences.restore([silence(Counting("endpoint", "chat"), name="kept")])
    for _ in range(3):
        silences.about(incident())
    await silences.add(silence(Counting("key", "chat")))
    for _ in range(3):
        assert len(silences.about(incident())) == 2
    assert ASKED == ["chat", "chat"]
