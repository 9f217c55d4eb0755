"""docs/client.md: every snippet runs, and what it says of words and numbers is so."""

import ast
import asyncio
import inspect
import re
import subprocess
import sys
import types
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.client import Why, book, client, reporter, sse
from tests.app.world import CONFIG, World
from tests.contracts.tree import DOCS, ROOT, blocks, table, ticked

PAGE = (DOCS / "client.md").read_text(encoding="utf-8")
SNIPPETS = blocks(PAGE + (ROOT / "README.md").read_text(encoding="utf-8"), "python")
LIMIT = 60.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, CONFIG.replace("id: status,", "id: chat-rest,")) as world:
        await world.pass_(120)
        yield world


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "refused"])
async def test_every_snippet_runs_as_it_stands(world: World, number: int, *, allowed: bool) -> None:
    code = SNIPPETS[number]
    if not allowed:
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(90)
        code = code.replace("timeout=60", "timeout=0.1")
    code = code.replace("http://127.0.0.1:8080", world.daemon.url)
    code = code.replace("https://us1-m.ocp.ai", world.omilia.url)
    try:
        async with asyncio.timeout(LIMIT):
            await run(code, in_thread="threads" in code)
    except TimeoutError:
        assert not allowed
        assert "wait_until_allowed" in code


async def run(code: str, *, in_thread: bool) -> None:
    """Run a snippet as a module, whose top may await."""
    compiled = compile(code, "client.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    scope: dict[str, object] = {"__name__": "snippet"}
    if in_thread:
        await asyncio.to_thread(exec, compiled, scope)
        return
    if compiled.co_flags & inspect.CO_COROUTINE:
        await types.FunctionType(compiled, scope)()
    else:
        exec(compiled, scope)


def test_there_is_a_snippet_for_everything() -> None:
    for part in (
        "VerdictClient(",
        "VerdictMiddleware(",
        "Reporter(",
        "FollowerStorage(",
        "Verdicts(",
    ):
        assert any(part in snippet for snippet in SNIPPETS), part


def test_every_word_for_why_is_explained() -> None:
    rows = table(PAGE, "`verdict(endpoint).why`", "Means")
    assert {ticked(row[0])[0] for row in rows} == set(Why)
    assert [row[2] for row in rows].count("true") == len(Why) - 1


@pytest.mark.parametrize(
    "said",
    [
        f"at most {book.LIVE:.0f} s",
        f"grows from {sse.RETRY:.0f} s to {client.LONGEST_BACKOFF:.0f} s",
        f"about every {client.ASK:.0f} s, with an ETag",
        f"the newest {reporter.ROOM:,} lines",
    ],
)
def test_the_numbers_are_those_of_the_code(said: str) -> None:
    assert said in " ".join(PAGE.split())


def test_importing_the_client_imports_nothing_of_the_daemon() -> None:
    code = """
import sys
import monitor.client, monitor.client.middleware, monitor.client.threads
print(*sorted(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT, check=True
    )
    loaded = set(done.stdout.split())
    ours = {name for name in loaded if re.match(r"(monitor|alerts)(\.|$)", name)}
    assert ours - {"monitor"} == {
        name for name in ours if name == "monitor.client" or name.startswith("monitor.client.")
    }
    for other in ("pybreaker", "pydantic", "sqlalchemy", "apscheduler", "click", "structlog"):
        assert other not in loaded, f"{other} is the daemon's"
