"""The mirror in a whole daemon: an outage in Redis, a reload, a Redis that is not there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.app.loader import loads
from monitor.app.problems import ConfigError
from tests.app.world import CONFIG, World
from tests.redis_server import RedisServer, redis_server
from tests.servers import until

PLAIN = 'endpoints: [{id: a, url: "http://127.0.0.1:9/"}]\n'


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with redis_server() as server:
        yield server


def mirrored(url: str, namespace: str = "omilia") -> str:
    return f"{CONFIG}mirror: {{{{url: '{url}', namespace: {namespace}}}}}\n"


async def test_an_outage_is_seen_in_redis_and_its_end(redis: RedisServer, tmp_path: Path) -> None:
    async with World(tmp_path, mirrored(redis.url)) as world:

        async def is_(state: str, namespace: str = "omilia") -> None:
            async def seen() -> bool:
                key = f"{namespace}:status:pybreaker:state"
                return await redis.get(key) == state

            await until(seen, f"{state} in {namespace}")

        world.daemon.mirror.patience = 30.0
        await world.pass_(120)
        await world.daemon.mirror.beat()
        await is_("closed")
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(80)
        await is_("open")
        assert await redis.get("omilia:domains:pybreaker:state") == "closed"
        opened_at = await redis.get("omilia:status:pybreaker:opened_at")
        assert int(opened_at or 0) > world.clock.now().timestamp()
        await world.daemon.reload(world.settings(mirrored(redis.url, "other")))
        await world.daemon.mirror.beat()
        await is_("open", "other")
        world.mend()
        await world.pass_(400)
        await is_("closed", "other")
        assert await redis.get("omilia:status:pybreaker:state") == "open", "left to itself"
        await world.daemon.reload(world.settings(CONFIG))
        assert not world.daemon.mirror.is_on


async def test_a_redis_that_is_not_there_changes_nothing_but_a_metric(tmp_path: Path) -> None:
    async with World(tmp_path, mirrored(f"unix://{tmp_path}/none.sock")) as world:
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(80)
        assert (await world.get("/v1/verdicts/status"))[1]["allow"] is False

        async def counted() -> bool:
            _, scraped, _ = await world.get("/metrics")
            return "omilia_monitor_mirror_failing 1.0" in scraped

        await until(counted, "a mirror that is said to fail")
        assert world.receiver.heard == [("opened", "status")]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{url: 'http://a'}", "not the URL of a Redis; write redis://"),
        ("{url: 'unix://'}", "not the URL of a Redis"),
        ("{url: 'redis://:secret@a/0'}", "a password is not written in the file"),
        ("{url: 'redis://a', namespace: 'a b'}", "mirror.namespace"),
        ("{namespace: a}", "mirror.url: is missing"),
        ("{url: {env: REDIS_URL}}", "not the URL of a Redis"),
    ],
)
def test_what_is_no_mirror_is_refused_and_no_password_repeated(written: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loads(f"{PLAIN}mirror: {written}", "x.yml", {"REDIS_URL": "http://:secret@a"})
    told = "\n".join(refused.value.lines())
    assert said in told
    assert "secret" not in told


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    with pytest.raises(ConfigError) as refused:
        loads(f"{PLAIN}mirror: {{url: 'redis://a'}}", "x.yml")
    assert any("pip install omilia-monitor[redis]" in line for line in refused.value.lines())


def test_a_secret_url_is_shown_as_where_it_comes_from() -> None:
    from monitor.app.redaction import shown  # noqa: PLC0415  what the test is about

    url = {"REDIS_URL": "redis://:geheim@a:6379/0"}
    settings = loads(f"{PLAIN}mirror: {{url: {{env: REDIS_URL}}}}", "x.yml", url)
    assert shown(settings)["mirror"]["url"] == {"env": "REDIS_URL"}
    assert settings.mirror is not None
    assert settings.mirror.address == url["REDIS_URL"]
