"""Credentials end to end: tokens that end, servers that are away, passwords that are wrong."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

from monitor.app.cli import main
from monitor.core.breaker import State
from monitor.core.health import Health
from monitor.core.outcome import Category
from monitor.omilia.simulator.credentials import Secrets
from tests.app.world import SECRET, World

CONFIG = """
listen: 127.0.0.1:0
store: STORE
defaults:
  every: 60s
  timeout: 5s
  group: platform
  credential: iam
  breaker: {{reset_timeout: 10s, confirm_after: 5s}}
endpoints:
  - {{id: numbers, url: "{omilia}/integrations/api/numbers"}}
  - {{id: domains, url: "{omilia}/orchestrator/api/nlu/domains/"}}
  - {{id: projects, url: "{omilia}/pathfinder/api/v1/projects", critical: false}}
credentials:
  iam:
    kind: keycloak
    token_url: "{omilia}/auth/realms/REALM/protocol/openid-connect/token"
    client_id: ocp
    grant: password
    username: probe@example.org
    password: PASSWORD
channels:
  ops: {{kind: webhook, url: {{env: OPS}}, secret: {{env: SECRET}}, timeout: 5s}}
access:
  tokens: [{{name: ops, value: {{env: OPERATE}}, scopes: [operate]}}]
"""
RIGHT, WRONG = "simulated-password", "not-the-password"
OPERATE = "operator-token-0123456789"
USERS = ("numbers", "domains", "projects")


class Story(World):
    """A world in which everything needs a token."""

    def __init__(self, folder: Path, realm: str = "master", more: str = "") -> None:
        self.secret = folder / "password"
        self.secret.write_text(f"{RIGHT}\n")
        config = CONFIG.replace("REALM", realm).replace("PASSWORD", f"{{{{file: {self.secret}}}}}")
        super().__init__(folder, config + more)
        self.environ = {"OPERATE": OPERATE}

    def rotate(self, secret: str) -> None:
        """Put another secret where the file is, as it should be done: at once."""
        new = self.secret.with_suffix(".new")
        new.write_text(secret)
        new.rename(self.secret)

    async def look(self) -> None:
        """Let the files be read as often as it takes to believe one."""
        for _ in range(2):
            await self.daemon.secret_files.look()

    def asked(self) -> Mapping[tuple[str, int], int]:
        return dict(self.omilia.credentials.asked)

    async def credential(self, name: str = "iam") -> dict[str, Any]:
        _, body, _ = await self.get("/v1/credentials")
        return next(one for one in body["credentials"] if one["name"] == name)

    async def post(self, path: str, token: str = OPERATE) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.daemon.url + path, headers=headers) as response,
        ):
            return response.status, await response.json(content_type=None)

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was told, as (type, key)."""
        return [
            (m["type"].removeprefix("incident."), m["data"]["key"]) for m in self.receiver.messages
        ]

    def healths(self) -> set[Health]:
        return {self.standing(name).health for name in USERS}


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with Story(tmp_path) as story:
        await story.pass_(120)
        yield story


async def test_a_token_that_ends_is_renewed_once_for_all_who_need_it(story: Story) -> None:
    assert story.healths() == {Health.OPERATIONAL}
    assert story.asked() == {("password", 200): 1}
    await story.pass_(3600)
    asked = story.asked()
    assert asked["password", 200] == 1
    assert 11 <= asked["refresh_token", 200] <= 18, "an hour of five minutes each"
    assert story.healths() == {Health.OPERATIONAL}
    assert story.told == []
    shown = await story.credential()
    assert (shown["state"], shown["kind"], shown["used_by"]) == ("ok", "keycloak", list(USERS))
    assert shown["accepted_by"] == list(USERS)
    assert shown["token_expires_at"] is not None


async def test_sessions_that_were_ended_are_begun_anew_within_the_same_probe(story: Story) -> None:
    story.omilia.credentials.revoke()
    await story.pass_(70)
    assert story.healths() == {Health.OPERATIONAL}
    assert story.asked() == {
        ("password", 200): 2,
        ("refresh_token", 400): 1,
    }
    assert story.told == []


async def test_while_iam_is_away_those_who_need_it_are_blocked_and_one_thing_is_told(
    story: Story,
) -> None:
    story.break_(do="fail", where="iam", status=503)
    await story.pass_(600)
    for name in USERS:
        standing = story.standing(name)
        assert standing.breaker.state is State.CLOSED
        assert (standing.health, standing.last.category) == (Health.BLOCKED, Category.BLOCKED)
        assert standing.last.detail.startswith("blocked by credential iam: HTTP 503")
    assert story.told == [("opened", "credential:iam")]
    opened = story.receiver.messages[0]["data"]
    assert (opened["severity"], opened["category"], opened["http_status"]) == (
        "error",
        "server_error",
        503,
    )
    assert opened["title"] == "no token can be had: iam"
    assert opened["reason"].startswith("It is Omilia: its token endpoint gives no tokens.")
    assert (await story.credential())["state"] == "unavailable"
    _, verdict, _ = await story.get("/v1/verdicts/numbers")
    assert verdict["allow"], "nobody knows anything against it"
    assert sum(n for (_, status), n in story.asked().items() if status == 200) <= 3
    story.mend()
    await story.pass_(300)
    assert story.healths() == {Health.OPERATIONAL}
    assert story.told == [("opened", "credential:iam"), ("resolved", "credential:iam")]
    assert (await story.credential())["state"] == "ok"


async def test_a_slow_iam_delays_nobody_who_has_a_token(story: Story) -> None:
    story.break_(do="hang", where="iam")
    await story.pass_(170)
    assert story.healths() == {Health.OPERATIONAL}
    assert story.told == []
    story.mend()


IAM = """
  - id: iam
    url: "{omilia}/auth/realms/master/.well-known/openid-configuration"
    credential: null
    needs: []
"""


async def test_with_an_endpoint_of_its_own_iam_is_told_and_not_the_credential(
    tmp_path: Path,
) -> None:
    story = Story(tmp_path)
    text = story._config.replace("endpoints:\n", f"endpoints:{IAM}")
    story._config = text.replace("  credential: iam\n", "  credential: iam\n  needs: [iam]\n")
    async with story:
        await story.pass_(120)
        story.break_(do="fail", where="iam", status=503)
        await story.pass_(900)
        assert story.told == [("opened", "iam")]
        story.mend()
        await story.pass_(300)
        assert story.told == [("opened", "iam"), ("resolved", "iam")]
        assert story.healths() == {Health.OPERATIONAL}


# ---------------------------------------------------------------- a password that is wrong


async def refused(story: Story) -> None:
    """Change the password at Omilia, and let it be noticed."""
    story.omilia.credentials.revoke()
    story.omilia.credentials.secrets = Secrets(password=WRONG)
    await story.pass_(130)


async def test_a_wrong_password_is_shown_exactly_once_and_told_once(story: Story) -> None:
    await refused(story)
    assert story.asked()["password", 401] == 1
    assert story.told == [("opened", "credential:iam")]
    opened = story.receiver.messages[0]["data"]
    assert opened["title"] == "our credential is rejected: iam"
    assert "It is us" in opened["reason"]
    await story.pass_(86_400)
    assert story.asked()["password", 401] == 1
    assert story.told == [("opened", "credential:iam")]
    assert story.healths() == {Health.BLOCKED}
    assert not story.omilia.credentials.suspended
    shown = await story.credential()
    assert shown["state"] == "paused"
    assert "not tried again" in shown["reason"]


@pytest.mark.parametrize("way", ["reload", "file", "api"])
async def test_it_is_resumed(story: Story, way: str) -> None:
    await refused(story)
    story.omilia.credentials.secrets = Secrets()
    if way == "reload":
        await story.daemon.reload(story.settings())
    elif way == "file":
        story.omilia.credentials.secrets = Secrets(password="new")
        story.rotate("new")
        await story.look()
    else:
        status, shown = await story.post("/v1/credentials/iam/resume")
        assert (status, shown["name"]) == (200, "iam")
        assert shown["state"] != "paused"
    await story.pass_(10)
    assert story.healths() == {Health.OPERATIONAL}
    assert story.told == [("opened", "credential:iam"), ("resolved", "credential:iam")]
    assert story.asked()["password", 401] == 1


async def test_resuming_what_is_still_wrong_is_one_more_try_and_no_more_news(story: Story) -> None:
    await refused(story)
    await story.post("/v1/credentials/iam/resume")
    await story.pass_(3600)
    assert story.asked()["password", 401] == 2
    assert story.told == [("opened", "credential:iam")]


async def test_nobody_resumes_what_is_not_there_or_is_not_his(story: Story) -> None:
    status, problem = await story.post("/v1/credentials/nobody/resume")
    assert (status, problem["type"]) == (404, "urn:omilia-monitor:problem:unknown-credential")
    status, problem = await story.post("/v1/credentials/iam/resume", token="somebody-else-0123")
    assert status == 401


async def test_a_restart_does_not_try_it_again(story: Story) -> None:
    await refused(story)
    await story.daemon.stop()
    await story.begin()
    await story.pass_(3600)
    assert story.asked()["password", 401] == 1
    assert story.told == [("opened", "credential:iam")]
    assert (await story.credential())["state"] == "paused"
    await story.post("/v1/credentials/iam/resume")
    await story.pass_(10)
    assert story.asked()["password", 401] == 2


async def test_a_restart_with_another_secret_does(story: Story) -> None:
    await refused(story)
    await story.daemon.stop()
    story.rotate(WRONG)  # which is what Omilia knows by now
    await story.begin()
    await story.pass_(60)
    assert story.healths() == {Health.OPERATIONAL}
    assert story.told == [("opened", "credential:iam"), ("resolved", "credential:iam")]
    await story.daemon.stop()
    await story.begin()
    await story.pass_(60)
    assert story.healths() == {Health.OPERATIONAL}, "what is over is kept no longer"


async def test_a_suspended_account_is_asked_for_once(story: Story) -> None:
    story.omilia.credentials.suspended = True
    story.omilia.credentials.revoke()
    await story.pass_(3600)
    assert story.asked()["password", 401] == 1
    assert "suspended" in (await story.credential())["reason"]


async def test_a_one_time_code_that_is_asked_for_cannot_be_guessed(story: Story) -> None:
    story.omilia.credentials.secrets = Secrets(otp="123456")
    story.omilia.credentials.revoke()
    await story.pass_(600)
    assert story.asked()["password", 401] == 1


async def test_a_wrong_realm_is_said_to_be_one(tmp_path: Path) -> None:
    async with Story(tmp_path, realm="ocp") as story:
        await story.pass_(400)
        assert story.told == [("opened", "credential:iam")]
        opened = story.receiver.messages[0]["data"]
        assert (opened["category"], opened["blame"]) == ("misconfigured", "configuration")
        assert "no such realm" in opened["reason"]
        assert story.healths() == {Health.BLOCKED}
        assert story.asked() == {}, "the password was shown to nobody"


# ---------------------------------------------------------------- one service only


async def test_a_service_that_alone_rejects_the_token_has_an_incident_of_its_own(
    story: Story,
) -> None:
    story.break_(do="reject_token", where="pathfinder")
    await story.pass_(400)
    (opened,) = story.receiver.messages
    assert opened["data"]["key"] == "projects"
    assert opened["data"]["severity"] == "warning"
    assert "rejected by projects, accepted by 2 others" in opened["data"]["reason"]
    assert "others accept" in opened["data"]["sentence"]
    shown = await story.credential()
    assert (shown["state"], shown["rejected_by"]) == ("ok", ["projects"])
    assert shown["accepted_by"] == ["numbers", "domains"]
    renewals = story.asked().get(("refresh_token", 200), 0)
    assert renewals <= 3, "it is renewed for its sake once, and then when it is time"
    story.mend()
    await story.pass_(1000)
    assert story.told == [("opened", "projects"), ("resolved", "projects")]


async def test_a_token_that_all_reject_is_one_incident(story: Story) -> None:
    story.break_(do="reject_token", credential="bearer")
    await story.pass_(400)
    assert story.told == [("opened", "credential:iam")]
    story.mend()
    await story.pass_(1000)
    assert story.told == [("opened", "credential:iam"), ("resolved", "credential:iam")]


# ---------------------------------------------------------------- files


async def test_a_rotated_token_is_picked_up_without_a_restart(tmp_path: Path) -> None:
    story = Story(tmp_path)
    pat = tmp_path / "pat"
    pat.write_text("simulated-pat")
    text = story._config.partition("credentials:")[0].replace("credential: iam", "credential: pat")
    text = text.replace('  - {{id: numbers, url: "{omilia}/integrations/api/numbers"}}\n', "")
    text = text.replace(
        '  - {{id: projects, url: "{omilia}/pathfinder/api/v1/projects", ', "  - {{"
    )
    text = text.replace("critical: false}}", 'id: tables, url: "{omilia}/metrics-api/v3/tables"}}')
    channels = "channels:" + story._config.partition("channels:")[2]
    story._config = (
        f"{text}credentials: {{{{pat: {{{{kind: pat, value: {{{{file: {pat}}}}}}}}}}}}}\n{channels}"
    )
    async with story:
        await story.pass_(120)
        assert story.standing("domains").health is Health.OPERATIONAL
        story.omilia.credentials.secrets = Secrets(pat="another-pat")
        await story.pass_(3600)
        assert story.told == [("opened", "credential:pat")]
        assert (await story.credential("pat"))["state"] == "paused"
        pat.write_text("another-p")
        await story.daemon.secret_files.look()
        pat.write_text("another-pat")
        await story.daemon.secret_files.look()
        await story.pass_(10)
        assert story.standing("domains").health is Health.BLOCKED, "it is not believed yet"
        await story.daemon.secret_files.look()
        await story.pass_(10)
        assert story.standing("domains").health is Health.OPERATIONAL
        assert story.told == [("opened", "credential:pat"), ("resolved", "credential:pat")]
        assert (await story.credential("pat"))["accepted_by"] == ["domains", "tables"]


async def test_a_file_that_cannot_be_used_changes_nothing(story: Story) -> None:
    for content in ("", "two\nlines", None):
        if content is None:
            story.secret.unlink()
        else:
            story.secret.write_text(content)
        await story.look()
        await story.look()
    story.rotate(RIGHT)
    await story.look()
    await story.pass_(600)
    assert story.healths() == {Health.OPERATIONAL}
    assert story.asked()["password", 200] == 1


# ---------------------------------------------------------------- by hand


@pytest.mark.parametrize(("password", "code"), [(RIGHT, 0), (WRONG, 1)])
async def test_one_look_by_hand_has_its_own_token(
    story: Story, tmp_path: Path, password: str, code: int
) -> None:
    story.rotate(password)
    file = tmp_path / "monitor.yml"
    text = story._config.format(omilia=story.omilia.url, socket="").replace("STORE", story.store)
    file.write_text(text)
    environ = {**story.environ, "OPS": story.receiver.url, "SECRET": SECRET}
    command = ["probe", "numbers", "projects", "-c", str(file)]
    result = await asyncio.to_thread(CliRunner().invoke, main, command, env=environ)
    assert result.exit_code == code
    if code:
        assert "not sent" in result.output
        assert "blocked by credential iam: HTTP 401" in result.output
        assert story.asked()["password", 401] == 1
    assert password not in result.output


# ---------------------------------------------------------------- metrics


async def test_the_metrics_say_how_credentials_are(story: Story) -> None:
    await refused(story)
    _, text, _ = await story.get("/metrics")
    assert 'omilia_monitor_credential_state{credential="iam",state="paused"} 1.0' in text
    assert 'omilia_monitor_credential_state{credential="iam",state="ok"} 0.0' in text
    asked = 'credential="iam",grant="password",outcome="refused"'
    assert f"omilia_monitor_token_requests_total{{{asked}}} 1.0" in text
