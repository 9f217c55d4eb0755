"""Secrets are planted everywhere, everything goes wrong, and everything is searched for them."""

import asyncio
import io
import json
import logging
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import aiohttp
import pytest
from click.testing import CliRunner

from alerts.channels import KINDS
from monitor.app.cli import main
from monitor.app.logs import redactor, set_up
from monitor.app.redaction import secrets_of
from tests.adapters.misbehaving import closed_port
from tests.alerts.channels.test_command import LOADS_PLUGINS
from tests.app.parrot import Parrot
from tests.app.world import UNHURRIED, World

SECRETS = {
    "PAT": "pat-Zq7/xK+9vT==",
    "HEADER": 'head"er\\sec{ret}-41',
    "BEARER": "bear.er~Token_9182736455",
    "CHAT": "eyJhcHBsaWNhdGlvbiI6ImNoYXQta2V5In0=",
    "PASSWORD": 'Paß wört & 100% = "geheim"/+',
    "OTP": "730911-otp-code",
    "CLIENT": "client+secret/5566",
    "FIRST_REFRESH": "configured-refresh-token-77",
    "ACCESS": "eyJhbGciOiJub25lIn0.eyJhY2Nlc3MiOiIxIn0.YWNjZXNzLXNpZ25hdHVyZQ",
    "REFRESH": "eyJhbGciOiJub25lIn0.eyJyZWZyZXNoIjoiMSJ9.cmVmcmVzaC1zaWduYXR1cmU",
    "HOOK": "hook-path-T0/B0/5ecretW3bhook",
    "SIGNING": "whsec_" + b64encode(b"the-signing-secret-of-ops").decode(),
    "OPERATE": "operator-token-9f8e7d6c5b4a",
    "QUERY": "query-string-token-31337",
    "LIVE": "live-token-of-web-chat-1",
    "DEPLOYED": "deployed-token-of-web-chat-2",
    "PAGER": "pager-routing-key-a1b2c3d4e5f6",
    "EAR": "pager-rest-token-5a4b3c2d1e",
    "GENIE": "genie-api-key-0f1e2d3c",
    "SLACK": "T0/B1/slack-hook-path-Zz9",
    "BOT": "xoxb-slack-bot-token-445566",
    "TEAMS": "workflow-signature-7788990011",
    "MAIL": "mail-pass-word-2468",
    "MANAGER": "alertmanager-path-secret-97531",
    "APPRISE": "apprise-path-token-1357924680",
    "ROTATED": "rotated-bearer-Token_5647382910",
    "STORE": "store-pass/word+8642",
}
"""By the name of the variable, or of the place where it is planted."""
SENT = (
    *("PAT", "HEADER", "BEARER", "CHAT", "PASSWORD", "OTP", "CLIENT", "FIRST_REFRESH", "ACCESS"),
    *("REFRESH", "QUERY", "HOOK", "PAGER", "GENIE", "SLACK", "BOT", "TEAMS", "MANAGER"),
    *("APPRISE", "EAR"),
)
"""What somebody was shown who repeats everything."""

CONFIG = """
listen: 127.0.0.1:0
store: STORE
defaults: {{every: 60s, timeout: 5s, breaker: {{fail_max: 2, confirm_after: 5s}}}}
endpoints:
  - {{id: e-html, url: "{p}/say/500/html", credential: pat}}
  - {{id: e-plain, url: "{p}/say/503/plain", credential: odd}}
  - {{id: e-quoted, url: "{p}/say/500/quoted", credential: odd}}
  - {{id: e-base64, url: "{p}/say/500/base64", credential: odd}}
  - {{id: e-base64-iam, url: "{p}/say/500/base64", credential: iam}}
  - {{id: e-json, url: "{p}/say/500/json", credential: bearer}}
  - {{id: e-nested, url: "{p}/say/502/nested", credential: odd}}
  - {{id: e-problem, url: "{p}/say/422/problem", credential: odd}}
  - {{id: e-fields, url: "{p}/say/404/fields", credential: iam}}
  - {{id: e-401, url: "{p}/say/401/plain", credential: iam}}
  - {{id: e-403, url: "{p}/say/403/json", credential: bearer}}
  - {{id: e-429, url: "{p}/say/429/json", credential: pat}}
  - {{id: e-402, url: "{p}/say/402/plain", credential: chain}}
  - {{id: e-302, url: "{p}/there/x", credential: bearer}}
  - {{id: e-followed, url: "{p}/there/x", credential: odd, redirects: 3}}
  - {{id: e-long, url: "{p}/long/x", credential: odd, max_body: 1024}}
  - {{id: e-query, url: "{p}/say/500/html?a=1&token=QUERY&b=2", credential: pat}}
  - {{id: e-expect, url: "{p}/say/200/json", credential: pat, expect: {{json: {{"$.message": 7}}}}}}
  - {{id: e-body, url: "{p}/say/200/plain", credential: chat, expect: {{body: "^nothing$"}}}}
  - id: e-header
    url: "{p}/say/200/plain"
    credential: robot
    expect: {{headers: {{x-said: "^$"}}}}
  - {{id: e-live, url: "{p}/web_chat/200", credential: pat, expect: {{json: {{$.live_token: 1}}}}}}
  - {{id: e-live-500, url: "{p}/web_chat/500", credential: pat}}
  - {{id: e-reset, url: "{omilia}/metrics-api/v3/tables", credential: odd}}
  - id: e-chat
    url: "{p}/say/400/json"
    credential: chat
    every: 2m
    chat: {{kind: rest, settle: 20ms, frequent: true}}
  - id: e-socket
    url: "{s}/socket"
    credential: chat
    every: 2m
    chat: {{kind: websocket, settle: 20ms, frequent: true}}
  - {{id: e-refused, url: "{p}/say/200/plain", credential: refused}}
credentials:
  pat: {{kind: pat, value: {{env: PAT}}, issued: 2026-09-01}}
  odd: {{header: X-Secret, value: {{env: HEADER}}, expires: 2026-11-25}}
  bearer: {{bearer: {{file: BEARER_FILE}}}}
  chat: {{kind: chat_key, bearer: {{env: CHAT}}}}
  iam:
    kind: keycloak
    token_url: "{p}/token"
    grant: password
    username: probe
    password: {{env: PASSWORD}}
    otp: {{env: OTP}}
  chain:
    kind: keycloak
    token_url: "{p}/token"
    grant: refresh_token
    refresh_token: {{env: FIRST_REFRESH}}
  robot:
    kind: keycloak
    token_url: "{p}/token"
    grant: client_credentials
    client_id: robot
    client_secret: {{env: CLIENT}}
  refused:
    kind: keycloak
    token_url: "{p}/token"
    grant: password
    username: other
    password: {{env: PASSWORD}}
    client_secret: {{env: CLIENT}}
channels:
  ops: {{kind: webhook, url: {{env: OPS}}, secret: {{env: SECRET}}, timeout: 5s}}
  hook: {{kind: webhook, url: {{env: HOOK_URL}}, secret: {{env: SIGNING}}, timeout: 5s}}
  pager: {{kind: pagerduty, routing_key: {{env: PAGER}}, url: "{p}/say/500/plain"}}
  heard:
    kind: pagerduty
    routing_key: {{env: PAGER}}
    url: "{p}/say/202/plain"
    api_token: {{env: EAR}}
    api_url: "{p}/say/403/plain"
  genie: {{kind: opsgenie, api_key: {{env: GENIE}}, url: "{p}/say/401/json"}}
  slack: {{kind: slack, url: {{env: SLACK_URL}}}}
  bot: {{kind: slack, token: {{env: BOT}}, channel: C1, api: "{p}/say/200/plain"}}
  teams: {{kind: teams, url: {{env: TEAMS_URL}}}}
  manager: {{kind: alertmanager, url: [{{env: MANAGER_URL}}]}}
  mail:
    kind: email
    smtp: "smtp://127.0.0.1:1"
    from: monitor@example.org
    to: [ops@example.org]
    user: monitor
    password: {{env: MAIL}}
  log: {{kind: log}}
  rest: {{kind: apprise, urls: [{{env: APPRISE_URL}}]}}
  own: {{kind: command, run: [sh, -c, "env >&2; cat >&2; exit 1"]}}
access: {{tokens: [{{name: ops, value: {{env: OPERATE}}, scopes: [report, operate]}}]}}
"""


def spellings(secret: str) -> set[str]:
    """Every way to write a secret that we can think of; not by the code that hides them."""
    raw = secret.encode()
    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    found |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    found |= {json.dumps(json.dumps(secret)[1:-1])[1:-1]}
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            text = encode(b"x" * before + raw + b"x" * 3).decode()
            found.add(text[4 : 4 * ((before + len(raw)) // 3)])
    return {one for one in found if len(one) >= 8}


LOOKED_FOR = {name: spellings(secret) for name, secret in SECRETS.items()}


def found_in(where: str, text: str) -> list[str]:
    """Return which secrets a text gives away, and how."""
    return [
        f"{name} in {where}: ...{text[max(text.index(one) - 80, 0) : text.index(one) + 40]}..."
        for name, ways in LOOKED_FOR.items()
        for one in ways
        if one in text
    ]


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the daemon would write to its standard error, with everybody at their most talkative."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    set_up("debug", request.param)
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    for chatty in ("aiohttp.access", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.DEBUG)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    for chatty in ("aiohttp.access", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    redactor.know(())


class Planted(World):
    """A world full of secrets."""

    def __init__(self, folder: Path, parrot: Parrot) -> None:
        self.folder = folder
        self.parrot = parrot
        bearer = folder / "bearer"
        bearer.write_text(SECRETS["BEARER"])
        text = CONFIG.replace("{p}", parrot.url).replace("{s}", parrot.url.replace("http", "ws"))
        text = text.replace("BEARER_FILE", str(bearer)).replace("=QUERY&", f"={SECRETS['QUERY']}&")
        super().__init__(folder, text)
        self.environ = SECRETS | {
            f"{name}_URL": f"{parrot.url}/say/{status}/plain/{SECRETS[name]}"
            for name, status in (("HOOK", 500), ("SLACK", 403), ("TEAMS", 500), ("MANAGER", 500))
        }
        said_back = parrot.url.replace("http", "json")
        self.environ["APPRISE_URL"] = f"{said_back}/say/500/plain/{SECRETS['APPRISE']}"

    def rotate(self, secret: str) -> None:
        """Put another secret into the file."""
        (self.folder / "bearer").write_text(secret)

    def written(self) -> dict[str, str]:
        """Read what the store wrote, byte by byte and as text."""
        files = [file for file in self.folder.iterdir() if file.suffix.startswith(".db")]
        assert files
        said = {file.name: file.read_bytes().decode("latin-1") for file in files}
        said |= {f"{f.name} as text": f.read_bytes().decode(errors="ignore") for f in files}
        return said

    def write_down(self) -> Path:
        """Write the configuration where commands find it."""
        file = self.folder / "monitor.yml"
        socket = self.omilia.url.replace("http", "ws")
        text = self._config.format(omilia=self.omilia.url, socket=socket)
        file.write_text(text.replace("STORE", f"sqlite:///{self.folder / 'other.db'}"))
        return file


async def everything_goes_wrong(world: Planted) -> None:
    world.break_(do="reset", where="metrics")
    await world.pass_(200)
    world.parrot.refuses = True
    await world.pass_(700)
    await world.daemon.expiry_watch.look()
    await world.daemon.newsroom.hearing.look()
    world.rotate(SECRETS["ROTATED"])
    for _ in range(2):
        await world.daemon.secret_files.look()
    try:
        int(f"{SECRETS['PASSWORD']} {SECRETS['ACCESS']} {SECRETS['ROTATED']}")  # it is repeated
    except ValueError:
        logging.getLogger("test").exception("bug", extra={"token": SECRETS["LIVE"]})
    logging.getLogger("aiohttp.client").debug(
        "sent %r", {"Authorization": f"Bearer {SECRETS['CHAT']}"}
    )
    await world.daemon.reload(world.settings())
    await world.pass_(300)


async def answers(world: Planted) -> dict[str, str]:
    """Ask everything that can be asked."""
    said: dict[str, str] = {}
    _, described, _ = await world.get("/openapi.json")
    _, listed, _ = await world.get("/v1/incidents?limit=500")
    ids = [incident["id"] for incident in listed["incidents"]]
    endpoints = [endpoint.id for endpoint in world.daemon.engine.endpoints()]
    async with aiohttp.ClientSession(headers={"Accept": "application/json"}) as session:
        for path in described["paths"]:
            if path == "/v1/events":
                continue
            names = ids if path.startswith("/v1/incidents/") else endpoints
            for name in names if "{id}" in path else [""]:
                asked = path.replace("{id}", name).replace("{name}", "pat")
                asked = asked.replace("{channel}", "hook").replace("{key}", "self:channel:slack")
                for method in ("GET", "POST"):
                    bearer = {"Authorization": f"Bearer {SECRETS['OPERATE']}x"}
                    async with session.request(
                        method, world.daemon.url + asked, headers=bearer
                    ) as response:
                        said[f"{method} {asked}"] = f"{response.headers} {await response.text()}"
        said["GET /v1/events"] = await streamed(world, session)
        resume = f"{world.daemon.url}/v1/credentials/iam/resume"
        bearer = {"Authorization": f"Bearer {SECRETS['OPERATE']}"}
        async with session.post(resume, headers=bearer) as response:
            assert response.status == 200
            said["resume"] = await response.text()
    return said


async def streamed(world: Planted, session: aiohttp.ClientSession) -> str:
    """Read the event stream until it says what was done last."""
    lines: list[str] = []
    async with (
        asyncio.timeout(60),
        session.get(f"{world.daemon.url}/v1/events", headers={"Last-Event-ID": "1"}) as stream,
    ):
        await world.daemon.reload(world.settings())
        async for line in stream.content:
            lines.append(line.decode())
            if line.startswith(b"event: config"):
                break
    return "".join(lines)


def commands(world: Planted) -> dict[str, str]:
    """Run what an operator runs, with the secrets in the environment."""
    file = str(world.write_down())
    environ = {**world.environ, "OPS": world.receiver.url, "SECRET": SECRETS["SIGNING"]}
    said = {}
    for command in (
        ["check-config"],
        ["show-config"],
        ["probe"],
        ["probe", "--json"],
        ["probe", "no-such-endpoint"],
    ):
        result = CliRunner().invoke(main, [*command, "-c", file], env=environ)
        said[" ".join(command)] = f"{result.output}\n{result.stderr}\n{result.exception!r}"
        assert result.exit_code in (0, 1, 2), result.output
    broken = Path(file).with_name("broken.yml")
    wrong = Path(file).read_text().replace("every: 60s", "every: 5").replace("kind: pat", "kind: x")
    broken.write_text(wrong + "surplus: {a: {env: PASSWORD}}\nchannels: []\n")
    result = CliRunner().invoke(main, ["check-config", "-c", str(broken)], env=environ)
    assert result.exit_code == 2
    said["check-config of a broken file"] = result.output + result.stderr
    return said


@LOADS_PLUGINS
async def test_nothing_that_can_be_read_gives_a_secret_away(
    tmp_path: Path, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given every kind of secret, and servers that repeat whatever they are shown, when everything
    fails in every way, then no secret stands in logs, answers, metrics, alerts, the database or in
    what commands print, however it is spelled."""
    web_chat = {
        "chat_url": "wss://omilia.example/chat/ws/session",
        "live_token": SECRETS["LIVE"],
        "deployed_token": SECRETS["DEPLOYED"],
        "message": f"live_token={SECRETS['LIVE']} deployed_token: {SECRETS['DEPLOYED']}",
    }
    async with Parrot(SECRETS["ACCESS"], SECRETS["REFRESH"], web_chat) as parrot:
        world = Planted(tmp_path, parrot)
        async with world:
            settings = world.daemon.settings
            assert {one.kind for one in settings.channels.root.values()} == set(KINDS)
            redactor.know(secrets_of(settings))  # as the command `run` does
            await everything_goes_wrong(world)
            said = await answers(world)
            said |= {f"alert {n}": json.dumps(m) for n, m in enumerate(world.receiver.messages)}
            printed = await asyncio.to_thread(commands, world)
        seen = "\n".join(parrot.asked)
    for name in SENT:
        assert SECRETS[name] in seen or quote_plus(SECRETS[name]) in seen, f"{name} was planted"
    assert len(world.receiver.messages) > 10
    printed |= {"log": log.getvalue(), "stdout": "".join(capsys.readouterr())}
    said |= printed
    said |= world.written()
    assert "***" in said["log"]
    leaks = [leak for where, text in said.items() for leak in found_in(where, text)]
    assert leaks == []


@LOADS_PLUGINS
async def test_a_store_that_is_away_does_not_give_its_password_away(
    tmp_path: Path, log: io.StringIO
) -> None:
    async with Parrot(SECRETS["ACCESS"], SECRETS["REFRESH"], {}) as parrot:
        world = Planted(tmp_path, parrot)
        password = quote(SECRETS["STORE"], safe="")
        world.environ["DSN"] = f"postgresql://monitor:{password}@127.0.0.1:{closed_port()}/none"
        world._config = world._config.replace("store: STORE", "store: {{env: DSN}}")
        world.patience = replace(UNHURRIED, opening=0.05, store_failing=0.0)
        async with world:
            await world.pass_(100)
            await world.daemon.store_watch.look()
            await world.pass_(10)
            said = await answers(world)
            said |= {f"alert {n}": json.dumps(m) for n, m in enumerate(world.receiver.messages)}
            assert "self:store" in {m["data"]["key"] for m in world.receiver.messages}
    said["log"] = log.getvalue()
    assert "store.failing" in said["log"]
    assert [leak for where, text in said.items() for leak in found_in(where, text)] == []


def test_the_search_itself_finds_every_spelling() -> None:
    for name, secret in SECRETS.items():
        for text in (
            secret,
            quote(secret),
            json.dumps({"a": secret}),
            json.dumps({"a": json.dumps(secret)}),
            b64encode(f"probe:{secret}".encode()).decode(),
            repr({"x": secret}),
        ):
            assert any(leak.startswith(name) for leak in found_in("here", text)), text
