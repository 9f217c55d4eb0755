"""Own words on every channel that has any; and what is said when their template fails."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from alerts.attempt import TOLD, Attempt
from alerts.channels import Channel, ChannelConfig, make
from alerts.channels.own_words import Templates
from alerts.channels.pagerduty import LONGEST_SUMMARY
from alerts.channels.slack import SlackChannel
from alerts.channels.spoken import SpokenChannel
from alerts.message import Notification
from alerts.policy import Why
from alerts.send import LONGEST_SEND
from alerts.taken import Asked, Heard, Hears, Taken
from alerts.templates import OwnWords, samples
from alerts.templates.own_words import DEADLINE
from alerts.words import Words, built_in, words
from tests.alerts.channels import everywhere
from tests.alerts.kit import FakeChannel, House, alert
from tests.clock import START, FakeClock

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
OWN = {
    "title": "{{ severity|upper }} <{{ endpoint }}>",
    "short": "Call *Ada* & co: {{ sentence }}",
    "body": "{% for name in blocks %}\n- {{ name }} waits\n{% endfor %}\nRead [{{ runbook }}]",
}
# What passes every trial can fail all the same: on values that no sample has.
FAILS_LATER = "{{ title }}{{ 1 / (number - 7) }}"
SEVENTH = replace(samples()[3], number=7)
NOTE = "(The template of this channel failed: "


async def read(
    kind: str, one: Notification, folder: Path, own: dict[str, str], failed: bool = False
) -> str:
    async def tell(made: Channel) -> None:
        attempt = await made.send(one)
        assert not attempt.error, attempt
        assert bool(attempt.template) is failed

    return await everywhere.arrived(kind, tell, folder, own)


@pytest.mark.parametrize("kind", everywhere.KINDS)
async def test_own_words_stand_in_the_place_of_ours(kind: str, tmp_path: Path) -> None:
    first = samples()[1]
    said = await read(kind, first, tmp_path, OWN)
    assert "CRITICAL <example-endpoint>" in said
    assert "Call *Ada* & co: It is Omilia: it answers 503." in said
    body = "- another-endpoint waits\n- a-third waits\nRead [https://wiki.example.org/"
    assert body in said.replace("\r\n", "\n")
    assert "Last good" not in said, "the lines are ours"


@pytest.mark.parametrize("kind", everywhere.KINDS)
async def test_a_template_that_fails_is_said_and_the_message_comes_all_the_same(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = {"title": FAILS_LATER, "body": FAILS_LATER}
    with caplog.at_level(logging.WARNING):
        said = await read(kind, SEVENTH, tmp_path, own, failed=True)
    ours = built_in(SEVENTH)
    assert ours.title in said or kind == "opsgenie", "which has no title in a note"
    assert "ZeroDivisionError: division by zero" in said
    assert "these are the built-in words.)" in said
    assert ours.details["Evidence"] in said
    (line,) = [one for one in caplog.records if one.message == "template.failed"]
    assert line.__dict__["channel"] == "room"
    assert "title: ZeroDivisionError" in line.__dict__["error"]


async def test_a_confession_is_never_what_is_cut() -> None:
    long = replace(SEVENTH, alert=replace(SEVENTH.alert, title="t" * 999, reason="r" * 999))
    said = await OwnWords("room", {"body": FAILS_LATER, "title": FAILS_LATER}).of(long)
    assert said.short.endswith("these are the built-in words.)")
    assert len(f"{said.title}. {said.short}") <= LONGEST_SUMMARY


async def test_a_part_that_works_is_said_beside_one_that_fails() -> None:
    said = await OwnWords("room", {"title": FAILS_LATER, "body": "{{ number }}"}).of(SEVENTH)
    assert said.title == built_in(SEVENTH).title
    assert (said.body, said.text) == ("7", "7")
    assert said.failed == "title: ZeroDivisionError: division by zero"


class Waiting(OwnWords):
    """Finds its words when it is told to go on."""

    def __init__(self, channel: str, sources: dict[str, str], within: float) -> None:
        super().__init__(channel, sources, within)
        self.goes_on = threading.Event()

    def found(self, notification: Notification) -> Words:
        assert self.goes_on.wait(300)
        return super().found(notification)


async def test_a_template_that_nobody_can_wait_for_holds_nothing_up() -> None:
    forever = Waiting("room", {"title": "{{ title }}"}, within=0.01)
    try:
        said = await forever.of(SEVENTH)
    finally:
        forever.goes_on.set()
    assert said.failed == "it took longer than 0.01 s"
    assert said.title == built_in(SEVENTH).title
    assert NOTE in said.short


async def test_the_loop_goes_on_while_words_are_found() -> None:
    """The rendering waits for the loop here: on the loop itself, it would wait for ever."""
    own = Waiting("room", {"title": "{{ title }}"}, within=300)
    asyncio.get_running_loop().call_soon(own.goes_on.set)
    assert (await own.of(SEVENTH)).failed == ""
    assert DEADLINE < LONGEST_SEND


async def test_a_message_that_was_refused_is_told_in_our_words() -> None:
    fake = FakeChannel("room")
    spoken = SpokenChannel(fake, OwnWords("room", {"title": "mine"}))
    await spoken.send(Notification(Why.FIRST, alert("A"), START))
    await spoken.send(Notification(Why.FIRST, alert("B"), START, plain=True))
    assert [words(one).title for one in fake.got] == ["mine", "ERROR: chat is down"]
    await spoken.close()
    assert fake.closed
    assert (spoken.name, spoken.kind, spoken.lifecycle) == ("room", "fake", fake.lifecycle)


class Listening(FakeChannel):
    """A system that knows who has taken what."""

    hears = True

    async def taken(self, asked: Sequence[Asked]) -> Heard:
        return Heard({one.incident_id: Taken("ada", "1") for one in asked})


async def test_who_has_taken_it_is_heard_behind_own_words_too() -> None:
    own, asked = OwnWords("room", {"title": "mine"}), [Asked("A", {})]
    spoken = SpokenChannel(Listening("room"), own)
    assert isinstance(spoken, Hears)
    assert spoken.hears
    assert (await spoken.taken(asked)).found == {"A": Taken("ada", "1")}
    deaf = SpokenChannel(FakeChannel("room"), own)
    assert not deaf.hears
    assert (await deaf.taken(asked)).found == {}


async def test_failures_are_counted_by_channel_and_what_was_told_is_told() -> None:
    room = FakeChannel("room")
    room.answer = Attempt(TOLD.result, template="title: x")
    house = House(room, FakeChannel("mail"))
    await house.begin(alert("A", channels=("room", "mail")))
    numbers = house.reconciler.numbers()
    assert dict(numbers.template_failures) == {"room": 1}
    assert numbers.untold == 0


def test_a_channel_without_own_words_is_what_it_was() -> None:
    config = {"kind": "slack", "url": SecretStr("https://hooks.example.org/")}
    plain = make("room", CONFIGS.validate_python(config), FakeClock())
    assert isinstance(plain, SlackChannel)
    own = CONFIGS.validate_python({**config, "templates": {"title": "x"}})
    assert isinstance(make("room", own, FakeClock()), SpokenChannel)


@pytest.mark.parametrize("kind", ["webhook", "alertmanager"])
def test_bodies_that_are_a_contract_have_no_templates(kind: str) -> None:
    url: Any = SecretStr("https://a.example/")
    config = {"kind": kind, "url": [url] if kind == "alertmanager" else url}
    with pytest.raises(ValidationError, match="templates"):
        CONFIGS.validate_python({**config, "templates": {"title": "x"}})


def test_a_template_can_lie_in_a_file_which_is_read_with_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "mail.j2"
    file.write_text("{{ title }}")
    read = Templates.model_validate({"body_file": "mail.j2"}, context={"base": tmp_path})
    file.write_text("{{ changed }}")
    assert read.sources == {"body": "{{ title }}"}
    again = Templates.model_validate({"body_file": "mail.j2"}, context={"base": tmp_path})
    assert again.sources == {"body": "{{ changed }}"}


def test_what_is_told_late_can_be_said_in_own_words() -> None:
    late = Notification(Why.FIRST, alert("A"), START + timedelta(hours=1))
    own = OwnWords("room", {"short": "{% if late_by %}late by {{ late_by|lasted }}{% endif %}"})
    assert own.found(late).short == "late by 1 h"
    assert own.found(replace(late, now=START)).short == ""
