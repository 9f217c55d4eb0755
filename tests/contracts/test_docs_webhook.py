"""docs/webhook.md shows what a receiver gets, and a way to check it that works."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from alerts.attempt import Result, classify
from alerts.message import _TYPES, LATE
from alerts.policy import Why
from tests.app.world import SECRET, World
from tests.clock import FakeClock
from tests.contracts.tree import DOCS, blocks, ticked

PAGE = (DOCS / "webhook.md").read_text(encoding="utf-8")


async def test_the_message_that_is_shown_has_the_keys_of_a_real_one(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.break_(do="fail", status=503)
        await world.pass_(120)
        (told, *_) = world.receiver.messages
        (webhook_id, *_) = world.receiver.ids
    shown = json.loads(*blocks(PAGE, "json"))
    assert set(shown) == set(told)
    assert set(shown["data"]) == set(told["data"]) - {"late_by"}
    assert set(shown["data"]["breaker"]) == set(told["data"]["breaker"])
    assert webhook_id == f"{told['data']['id']}.{told['data']['revision']}"


def test_the_recipe_for_checking_a_signature_agrees_with_the_library() -> None:
    (recipe,) = blocks(PAGE, "python")
    scope: dict[str, Any] = {}
    exec(recipe, scope)  # the documented recipe, as whoever copies it runs it
    now, body = 1_800_000_000, b'{"type": "incident.opened"}'
    scope["time"] = Stopped(now)
    signature = Webhook(SECRET).sign("a.1", datetime.fromtimestamp(now, UTC), body.decode())
    headers = {"webhook-id": "a.1", "webhook-timestamp": str(now), "webhook-signature": signature}
    assert scope["genuine"](SECRET, headers, body)
    assert not scope["genuine"](SECRET, headers, body + b" ")
    assert not scope["genuine"](SECRET, {**headers, "webhook-id": "a.2"}, body)
    scope["time"] = Stopped(now + 301)
    assert not scope["genuine"](SECRET, headers, body), "too old to be believed"


class Stopped:
    """A `time` module that stands still."""

    def __init__(self, now: float) -> None:
        self._now = now

    def time(self) -> float:
        return self._now


def test_the_types_that_are_named_are_those_that_are_sent() -> None:
    assert {word for word in ticked(PAGE) if word.startswith("incident.")} == set(_TYPES.values())
    assert set(_TYPES) == set(Why)
    assert LATE == 60, "more than a minute"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (204, Result.TOLD),
        (429, Result.THROTTLED),
        (410, Result.DISABLED),
        (401, Result.MISCONFIGURED),
        (403, Result.MISCONFIGURED),
        (404, Result.MISCONFIGURED),
    ],
)
def test_answers_mean_what_the_page_says(status: int, result: Result) -> None:
    assert classify(status, {}, FakeClock().now()).result is result
    assert str(status) in PAGE or status == 204
