import logging
from datetime import timedelta

import pytest

from alerts.attempt import TOLD
from alerts.channels import make
from alerts.channels.log import LogConfig
from alerts.message import Notification
from alerts.policy import Why
from tests.alerts.kit import alert, resolved
from tests.clock import START, FakeClock

A1 = alert("A")


async def lines(
    caplog: pytest.LogCaptureFixture, *notifications: Notification, level: str = "warning"
) -> list[logging.LogRecord]:
    caplog.set_level(logging.DEBUG)
    config = LogConfig.model_validate({"kind": "log", "level": level})
    channel = make("out", config, FakeClock())
    for notification in notifications:
        assert await channel.send(notification) == TOLD
    await channel.close()
    assert {record.name for record in caplog.records} == {"omilia_monitor.alerts"}
    return caplog.records


async def test_each_notification_is_one_line_with_its_facts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    over = resolved(A1, 90)
    firing, end = await lines(
        caplog,
        Notification(Why.FIRST, A1, START),
        Notification(Why.RESOLVED, over, START + timedelta(hours=1)),
    )
    assert (firing.getMessage(), end.getMessage()) == ("alert.firing", "alert.resolved")
    said = vars(firing)
    assert (said["incident"], said["alert_key"], said["severity"]) == ("A", "chat", "error")
    assert (said["title"], said["notification_reason"]) == ("chat is down", "first")
    assert "late_by" not in said
    assert (vars(end)["duration"], vars(end)["late_by"]) == (90.0, 3510.0)
    assert vars(end)["ended_at"] == "2026-11-22T18:01:30.000Z"


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
async def test_the_level_is_configured(caplog: pytest.LogCaptureFixture, level: str) -> None:
    (line,) = await lines(caplog, Notification(Why.FIRST, A1, START), level=level)
    assert line.levelname == level.upper()
