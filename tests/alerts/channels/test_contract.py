"""What every kind of channel must do, whatever it talks to: one suite over all of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert, Severity
from alerts.attempt import Result
from alerts.channel_state import Condition
from alerts.channels import KINDS
from alerts.policy import Why
from tests.alerts.channels.contract import CASES, HINT, Rig
from tests.alerts.channels.test_command import LOADS_PLUGINS
from tests.alerts.channels.test_paging import FACTS, Story
from tests.alerts.kit import House, alert, resolved
from tests.clock import START

pytestmark = LOADS_PLUGINS
HOSTILE = (
    "<!channel> <@U024BE7LH> @everyone @here <at>all</at> [click](https://evil.example)"
    " `rm` *b* _i_"
    "\r\nBcc: everybody@example.org\r\n.\r\nQUIT\r\n\x00\x07\x1b[31m \u202egnp.exe \ud83d \udcff"
    ' "quoted" \\ {{.}} ${HOME} $(id) %s {0} <script>alert(1)</script> &amp; 😀'
)
BLOCKED = [f"endpoint-number-{n}-with-a-rather-long-name" for n in range(500)]


def of(rig: Rig, incident: str = "A", key: str = "chat", **facts: Any) -> Alert:
    return alert(incident, key=key, channels=(rig.channel.name,), facts=FACTS | facts)


def hostile(rig: Rig) -> Alert:
    many = HOSTILE * 200
    names = ("detail", "sentence", "evidence", "next", "group", "category")
    one = of(rig, blocks=BLOCKED, location="fra", **dict.fromkeys(names, many))
    return replace(one, title=HOSTILE * 40, reason=many, severity=Severity.CRITICAL)


def test_every_kind_has_a_case() -> None:
    assert {case.kind for case in CASES.values()} == set(KINDS)


@pytest.mark.parametrize("name", CASES)
async def test_what_goes_well_is_told(name: str, tmp_path: Path) -> None:
    async with CASES[name].open(tmp_path) as rig:
        story = Story(rig.channel)
        one = of(rig)
        until = START + timedelta(hours=1)
        worse = replace(one, revision=2, severity=Severity.CRITICAL, title="chat is gone")
        taken = replace(worse, revision=3, acked_by="ada", acked_until=until)
        for said, why, number in (
            (one, Why.FIRST, 0),
            (worse, Why.ESCALATED, 0),
            (taken, Why.UPDATED, 0),
            (worse, Why.REMINDER, 1),
            (replace(resolved(worse), revision=4), Why.RESOLVED, 0),
        ):
            attempt = await story.tell(said, why, 61.0, number=number)
            assert (attempt.result, attempt.error) == (Result.TOLD, "")
        assert rig.wrong == []


_TROUBLES = [(name, trouble) for name, case in CASES.items() for trouble in case.expected]


@pytest.mark.parametrize(("name", "trouble"), _TROUBLES)
async def test_trouble_is_what_it_is(name: str, trouble: str, tmp_path: Path) -> None:
    async with CASES[name].open(tmp_path) as rig:
        rig.trouble(trouble)
        attempt = await Story(rig.channel).tell(of(rig), Why.FIRST)
        assert attempt.result is CASES[name].expected[trouble], attempt
        assert "s3cret" not in attempt.error
        if attempt.result is Result.THROTTLED and name != "email":
            assert attempt.hint == HINT, "the header's word counts, and not the body's"


def _that_can(trouble: str) -> Iterable[str]:
    expected = {name: case.expected.get(trouble) for name, case in CASES.items()}
    return [name for name, result in expected.items() if result not in (None, Result.UNREACHABLE)]


@pytest.mark.parametrize("name", _that_can("throttled"))
async def test_one_that_throttles_is_left_alone_as_a_whole(name: str, tmp_path: Path) -> None:
    async with CASES[name].open(tmp_path) as rig:
        house = House(rig.channel)
        rig.trouble("throttled")
        await house.begin(of(rig))
        assert house.journal.channel(rig.channel.name).condition is Condition.THROTTLED
        before = len(rig.came())
        await house.say(of(rig, "B", "voice"))
        assert len(rig.came()) == before, "another message waits, too"
        await house.wait(60)
        assert house.reconciler.numbers().untold == 0
        assert house.journal.channel(rig.channel.name).condition is Condition.OK


@pytest.mark.parametrize("name", _that_can("unwanted"))
async def test_what_is_not_wanted_is_said_plainly_and_then_given_up(
    name: str, tmp_path: Path
) -> None:
    async with CASES[name].open(tmp_path) as rig:
        house = House(rig.channel)
        rig.trouble("unwanted")
        await house.begin(of(rig))
        await house.wait(5)
        assert (house.reconciler.numbers().untold, house.reconciler.numbers().given_up) == (0, {})
        for _ in range(2):
            rig.trouble("unwanted")
        await house.say(of(rig, "B", "voice"))
        await house.wait(5)  # Slack takes one in a second
        assert house.reconciler.numbers().given_up == {rig.channel.name: 1}
        assert house.reconciler.numbers().untold == 0
        assert rig.wrong == []


@pytest.mark.parametrize("name", _that_can("stranger"))
async def test_one_that_does_not_know_us_keeps_its_messages(name: str, tmp_path: Path) -> None:
    async with CASES[name].open(tmp_path) as rig:
        house = House(rig.channel)
        rig.trouble("stranger")
        await house.begin(of(rig))
        assert house.journal.channel(rig.channel.name).condition is Condition.MISCONFIGURED
        await house.say(of(rig, "B", "voice"))
        await house.wait(400)
        assert house.reconciler.numbers().untold == 0, "what waited is told when it works again"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("plain", [False, True])
async def test_what_is_huge_and_hostile_stays_within_what_the_system_takes(
    name: str, plain: bool, tmp_path: Path
) -> None:
    async with CASES[name].open(tmp_path) as rig:
        one = hostile(rig)
        story = Story(rig.channel)
        over = replace(resolved(one), revision=3)
        for said, why in (
            (one, Why.FIRST),
            (replace(one, revision=2, title=f"still {HOSTILE}"), Why.UPDATED),
            (over, Why.RESOLVED),
        ):
            attempt = await story.tell(said, why, 61.0, plain=plain)
            assert (attempt.result, attempt.error) == (Result.TOLD, "")
        assert rig.wrong == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.handle])
async def test_a_restart_keeps_the_handle_and_the_end_uses_it(name: str, tmp_path: Path) -> None:
    handle = CASES[name].handle
    assert handle is not None
    async with CASES[name].open(tmp_path) as rig:
        house = House(rig.channel)
        one = of(rig)
        await house.begin(one)
        await house.restart(one)
        await house.say(resolved(one, 5.0))
        first, *_, last = rig.came()
        assert handle(first) == handle(last)
        assert len(rig.came()) > 1
        assert house.reconciler.numbers().untold == 0


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if "silent" in case.expected]
)
async def test_what_may_have_been_heard_is_ended(name: str, tmp_path: Path) -> None:
    async with CASES[name].open(tmp_path) as rig:
        house = House(rig.channel)
        rig.trouble("silent")
        one = of(rig)
        await house.begin(one)
        await house.say(resolved(one, 1.0))
        await house.wait(30)
        assert house.reconciler.numbers().untold == 0
        assert len(rig.came()) >= 1, "its end was told"
