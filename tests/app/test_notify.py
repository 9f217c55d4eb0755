"""`notify` and `channels`: a channel is tried before it is needed."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.app.cli import main
from tests.app.world import SECRET, Receiver

CONFIG = """
endpoints: [{id: a, url: "https://a.example/status", every: 60s}]
channels:
  ops: {kind: webhook, url: {env: OPS}, secret: {env: SECRET}, timeout: 40s}
  said: {kind: log}
"""

LAST = ("reminder", "resolved", "digest", "flapping")


class Elsewhere:
    """A receiver on a loop and a thread of its own: a command has its own loop."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._run(self.receiver.start())

    def stop(self) -> None:
        self._run(self.receiver.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def _run(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    elsewhere = Elsewhere()
    elsewhere.start()
    yield elsewhere.receiver
    elsewhere.stop()


def call(tmp_path: Path, url: str, *args: str) -> Result:
    file = tmp_path / "monitor.yml"
    file.write_text(CONFIG)
    return CliRunner(env={"OPS": url, "SECRET": SECRET}).invoke(main, [*args, "-c", str(file)])


def test_a_test_alert_and_its_end_are_told_and_marked_as_a_test(
    tmp_path: Path, receiver: Receiver
) -> None:
    result = call(tmp_path, receiver.url, "notify", "ops")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == ["ops: firing: told", "ops: resolved: told"]
    kinds = [message["type"] for message in receiver.messages]
    assert kinds == ["incident.opened", "incident.resolved"]
    assert all("TEST" in message["data"]["title"] for message in receiver.messages)


def test_what_came_back_is_said_and_the_end_is_not_told_to_who_did_not_hear(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.status = 401
    result = call(tmp_path, receiver.url, "notify", "ops", "--json")
    assert result.exit_code == 1
    (one,) = json.loads(result.output)
    assert (one["result"], one["reason"]) == ("misconfigured", "authError")
    assert "/hook" not in result.output, "the URL is a secret"


def test_a_preview_tells_nobody(tmp_path: Path) -> None:
    result = call(tmp_path, "http://127.0.0.1:9/", "notify", "ops", "--preview")
    assert result.exit_code == 0
    kinds = [line for line in result.output.splitlines() if line.startswith("--- ")]
    assert kinds == [f"--- {why}" for why in ("first", "escalated", "updated", *LAST)]
    assert "CRITICAL: example-endpoint is down" in result.output
    assert "It lasted 2 h 16 min." in result.output


def test_a_preview_shows_own_words_and_says_when_they_fail(tmp_path: Path) -> None:
    own = """
  room: {kind: log, templates: {title: "{{ why }}: {{ endpoint }}", body: "{{ next }}"}}
"""
    file = tmp_path / "monitor.yml"
    file.write_text(CONFIG + own)
    runner = CliRunner(env={"OPS": "http://127.0.0.1:9/", "SECRET": SECRET})
    result = runner.invoke(main, ["notify", "room", "--preview", "--json", "-c", str(file)])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.output)
    assert [one["reason"] for one in shown] == ["first", "escalated", "updated", *LAST]
    assert shown[0]["title"] == "first: example-endpoint"
    assert "Told next: pager" in shown[0]["body"]
    assert all(one["lines"] is None and one["failed"] == "" for one in shown)
    result = runner.invoke(main, ["notify", "said", "--preview", "--json", "-c", str(file)])
    assert ["Location", "here"] in json.loads(result.output)[0]["lines"], "in our words"


@pytest.mark.parametrize(
    ("kind", "where", "more"),
    [
        ("slack", ("text",), "url: {env: OPS}"),
        ("teams", ("attachments", 0, "content", "body", 0, "text"), "url: {env: OPS}"),
        ("pagerduty", ("payload", "summary"), "routing_key: {env: SECRET}"),
        ("email", (), "smtp: 'smtp://127.0.0.1', from: a@example.org, to: [b@example.org]"),
        ("webhook", ("data", "title"), "url: {env: OPS}, secret: {env: SECRET}"),
        ("command", ("data", "title"), "run: [/bin/true]"),
        ("opsgenie", None, "api_key: {env: SECRET}"),
    ],
)
def test_a_preview_for_scripts_has_the_message_itself_and_no_secret(
    tmp_path: Path, kind: str, where: tuple[Any, ...] | None, more: str
) -> None:
    file = tmp_path / "monitor.yml"
    file.write_text(f"{CONFIG}  room: {{kind: {kind}, {more}}}\n")
    runner = CliRunner(env={"OPS": "http://127.0.0.1:9/s3cret", "SECRET": SECRET})
    result = runner.invoke(main, ["notify", "room", "--preview", "--json", "-c", str(file)])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)[0]["message"]
    assert "s3cret" not in result.output
    assert SECRET not in result.output
    if where is None:
        assert found is None, "it is no more than its words"
        return
    for key in where:
        found = found[key]
    assert "example-endpoint is slow" in str(found)


def test_a_channel_that_is_not_there_is_a_wrong_command(tmp_path: Path) -> None:
    result = call(tmp_path, "http://127.0.0.1:9/", "notify", "pigeon")
    assert result.exit_code == 2
    assert "known: ops, said" in result.output


def test_what_each_kind_can_do_is_listed() -> None:
    result = CliRunner().invoke(main, ["channels"])
    assert result.exit_code == 0
    rows = {line.split()[0]: line.split()[1:] for line in result.output.splitlines()}
    assert rows["pagerduty"] == ["yes", "yes", "yes", "-"]
    assert rows["alertmanager"] == ["yes", "yes", "-", "yes"]
    assert rows["teams"] == ["-", "-", "-", "-"]
