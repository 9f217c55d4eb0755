"""What can be read of delivery."""

from alerts.alert import Status
from alerts.channel_state import Condition
from tests.alerts.kit import (
    DOWN,
    FakeChannel,
    House,
    alert,
    resolved,
    throttled,
)
from tests.clock import START

DAY = 86_400.0
A1 = alert("A", 1)
A2 = resolved(A1)


async def test_what_was_told_can_be_read() -> None:
    house = House(FakeChannel("ops"), FakeChannel("mail", DOWN))
    await house.begin(alert("A", channels=["ops", "mail"]))
    mail, ops = (await house.reconciler.told(["A"]))["A"]
    assert (ops.channel, ops.status, ops.revision, ops.error) == ("ops", Status.FIRING, 1, "")
    assert (mail.channel, mail.status, mail.revision, mail.attempts) == ("mail", None, 0, 1)
    assert mail.error == "unreachable (serverError): HTTP 500"
    assert ops.at == START
    assert await house.reconciler.told(["nobody knows"]) == {"nobody knows": []}


async def test_the_numbers_watch_the_watcher() -> None:
    house = House(FakeChannel("ops"), FakeChannel("mail", DOWN))
    await house.begin(alert("A", channels=["ops", "mail"]))
    await house.wait(120)
    numbers = house.reconciler.numbers()
    assert numbers.notifications["ops", "told", ""] == 1
    assert numbers.notifications["mail", "unreachable", "serverError"] > 3
    assert (numbers.untold, numbers.oldest_untold) == (1, 120.0)
    assert numbers.told_within[0] == numbers.told_within[-1] == 1
    assert numbers.channels == {"ops": Condition.OK, "mail": Condition.UNREACHABLE}
    assert numbers.journal_backlog == 0


async def test_a_late_message_counts_in_the_right_bucket() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.answers = [throttled(100)]
    await house.begin(A1)
    await house.wait(110)
    numbers = house.reconciler.numbers()
    assert numbers.told_within == (0, 0, 0, 0, 1, 1, 1, 1)
    assert 100 < numbers.told_seconds < 110
