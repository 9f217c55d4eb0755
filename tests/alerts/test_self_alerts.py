"""A broken channel is told of through the others."""

import pytest

from alerts.alert import Severity, Status
from alerts.attempt import TOLD, Attempt
from alerts.reconciler import Reconciler
from tests.alerts.kit import DENIED, DOWN, GONE, FakeChannel, House, alert, resolved

A1 = alert("A")
KEY = "self:channel:ops"


def about_channels(channel: FakeChannel) -> list[tuple[str, str, str]]:
    own = [one.alert for one in channel.got if one.alert.key.startswith("self:")]
    return [(one.key, one.status.value, one.reason) for one in own]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (DENIED, "its receiver does not accept us; alerts wait until that is fixed"),
        (GONE, "its receiver wants no more alerts; they wait until it is configured anew"),
    ],
)
async def test_a_broken_channel_is_told_through_the_others_and_ends_when_fixed(
    trouble: Attempt, said: str
) -> None:
    ops, mail, page = FakeChannel("ops", trouble), FakeChannel("mail"), FakeChannel("page")
    house = House(ops, mail, page)
    await house.begin(A1)
    assert len(ops.got) == 1
    for other in (mail, page):
        ((key, status, reason),) = about_channels(other)
        assert (key, status) == (KEY, "firing")
        assert reason.startswith(said)
        assert "HTTP 4" in reason
        assert other.got[0].alert.severity is Severity.ERROR
    fixed = FakeChannel("ops")
    await house.reconciler.adopt([fixed, mail, page])
    await house.reconciler.round()
    assert fixed.ids == ["first A.1"], "what waited is delivered"
    assert [status for _, status, _ in about_channels(mail)] == ["firing", "resolved"]
    assert mail.got[1].alert.reason == "it works again"


async def test_being_unreachable_is_no_reason() -> None:
    house = House(FakeChannel("ops", DOWN), mail := FakeChannel("mail"))
    await house.begin(A1)
    await house.wait(3600)
    assert mail.got == []


async def test_being_unreachable_does_not_end_it_either() -> None:
    house = House(ops := FakeChannel("ops", DENIED), mail := FakeChannel("mail"))
    await house.begin(A1)
    ops.answer = DOWN
    await house.wait(3600)
    assert len(mail.got) == 1


async def test_a_channel_that_is_only_misconfigured_is_asked_seldom_and_recovers_by_itself() -> (
    None
):
    house = House(ops := FakeChannel("ops", DENIED), mail := FakeChannel("mail"))
    await house.begin(A1)
    await house.wait(3600)
    assert 10 <= len(ops.got) <= 13
    ops.answer = TOLD
    await house.wait(310)
    assert [status for _, status, _ in about_channels(mail)] == ["firing", "resolved"]


async def test_a_disabled_channel_is_not_asked_again() -> None:
    house = House(ops := FakeChannel("ops", GONE))
    await house.begin(A1)
    await house.wait(90_000)
    assert len(ops.got) == 1


async def test_a_restart_asks_once_more_and_goes_on_with_the_same_alert() -> None:
    house = House(ops := FakeChannel("ops", GONE), mail := FakeChannel("mail"))
    await house.begin(A1)
    await house.restart(A1)
    await house.wait(3600)
    assert len(ops.got) == 2
    assert len(mail.got) == 1, "told once, not once per restart"
    ops.answer = TOLD
    await house.restart(A1)
    assert [one.alert.id for one in mail.got] == [mail.got[0].alert.id] * 2
    assert mail.got[1].alert.status is Status.RESOLVED


async def test_worse_news_of_a_channel_is_an_update() -> None:
    house = House(ops := FakeChannel("ops", DENIED), mail := FakeChannel("mail"))
    await house.begin(A1)
    ops.answer = GONE
    await house.wait(400)
    assert [str(one.why) for one in mail.got] == ["first", "updated"]


async def test_a_channel_that_is_removed_ends_its_alert() -> None:
    house = House(FakeChannel("ops", DENIED), mail := FakeChannel("mail"))
    await house.begin(A1)
    await house.reconciler.adopt([mail])
    await house.reconciler.round()
    assert mail.got[-1].alert.reason == "it is no longer configured"


async def test_a_channel_that_was_removed_while_we_were_down_ends_its_alert() -> None:
    house = House(FakeChannel("ops", DENIED), mail := FakeChannel("mail"))
    await house.begin(A1)
    house.channels = (mail,)
    await house.restart(A1)
    assert mail.got[-1].alert.reason == "it is no longer configured"


async def test_an_alert_about_a_channel_that_works_by_now_ends_at_the_start() -> None:
    """The end could not be told before we stopped."""
    house = House(ops := FakeChannel("ops", DENIED), mail := FakeChannel("mail"))
    await house.begin(A1)
    ops.answer, mail.answer = TOLD, DOWN
    await house.wait(400)
    await house.wait(3)
    mail.answer, mail.got = TOLD, []
    await house.restart(A1)
    await house.wait(600)
    assert [one.alert.reason for one in mail.got] == ["it works again"]


async def test_a_channel_that_comes_later_hears_of_those_that_are_broken() -> None:
    ops, mail = FakeChannel("ops", DENIED), FakeChannel("mail")
    house = House(ops)
    await house.begin(alert())
    await house.reconciler.adopt([ops, mail])
    await house.reconciler.round()
    assert [one.alert.key for one in mail.got] == [KEY]
    page = FakeChannel("page")
    house.channels = (ops, mail, page)
    await house.restart(alert())
    assert [one.id for one in page.got] == [one.id for one in mail.got]


async def test_a_lone_channel_has_nobody_to_tell() -> None:
    house = House(FakeChannel("ops", DENIED))
    await house.begin(A1)
    assert [one.key for one in house.reconciler._standing.all()] == ["chat"]


async def test_who_hears_of_broken_channels_can_be_chosen() -> None:
    ops, mail, page = FakeChannel("ops", DENIED), FakeChannel("mail"), FakeChannel("page")
    house = House(ops, mail, page)
    house.reconciler = Reconciler(
        house.channels, house.journal, house.clock, house.uniform, tell_self=["page"]
    )
    await house.begin(A1)
    assert (len(mail.got), len(page.got)) == (0, 1)


async def test_the_app_is_not_asked_for_alerts_about_channels() -> None:
    house = House(FakeChannel("ops", DENIED), FakeChannel("mail"))
    await house.begin(A1)
    assert ("mail", KEY) in house.shelf.entries
    assert house.reconciler.owed_incident_ids() == set()


async def test_fixing_nothing_tells_nothing_new() -> None:
    house = House(ops := FakeChannel("ops", DENIED), mail := FakeChannel("mail"))
    await house.begin(A1)
    await house.reconciler.adopt([FakeChannel("ops", DENIED), mail])
    await house.reconciler.round()
    assert len(mail.got) == 1
    await house.say(resolved(A1))
    assert len(ops.got) == 1
