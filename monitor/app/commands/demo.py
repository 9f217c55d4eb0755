"""`demo`: the whole story on one terminal, without credentials or network."""

import asyncio
import contextlib
import secrets
import signal
import tempfile
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

import click

from monitor.adapters.clock import SystemClock
from monitor.app.daemon import Daemon
from monitor.app.demo.receiver import Receiver
from monitor.app.demo.story import CHAPTERS, Story
from monitor.app.loader import loads
from monitor.app.logs import set_up
from monitor.app.settings import Settings
from monitor.omilia.simulator import Fault, Kind, Script, Simulator, load_script

DEFAULT_LISTEN = "127.0.0.1:8080"
_FILES = files("monitor.app.demo")


def demo(*, for_: float | None, listen: str | None, as_json: bool) -> int:
    """Tell the story, for some seconds or until Ctrl-C.

    Returns 0 when the whole story was seen or nobody asked for it to end, else 1.
    """
    set_up("error", "auto")
    story = Story(SystemClock(), as_json=as_json)
    with tempfile.TemporaryDirectory(prefix="omilia-monitor-demo-") as folder:
        try:
            asyncio.run(_tell(story, for_, listen, Path(folder)))
        except OSError as error:
            click.echo(f"cannot listen on {listen or DEFAULT_LISTEN}: {error.strerror}", err=True)
            return 1
    return _ending(story, asked=for_ is not None)


def _ending(story: Story, *, asked: bool) -> int:
    missing = [chapter for chapter in CHAPTERS if chapter not in story.seen]
    if not missing:
        story.tell("daemon", f"the whole story was seen: {', '.join(CHAPTERS)}")
    elif asked:
        story.tell("daemon", f"the story ended early, not seen: {', '.join(missing)}")
    return 1 if missing and asked else 0


async def _tell(story: Story, for_: float | None, listen: str | None, folder: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    secret = "whsec_" + b64encode(secrets.token_bytes(24)).decode()
    async with contextlib.AsyncExitStack() as stack:
        receiver = Receiver(secret, story.heard)
        await receiver.start()
        stack.push_async_callback(receiver.stop)
        script = load_script((_FILES / "script.yml").read_text(encoding="utf-8"))
        omilia = Simulator(clock=story.clock, script=script)
        await omilia.start()
        stack.push_async_callback(omilia.stop)
        playing = asyncio.create_task(_follow(story, script, story.clock.monotonic()))
        stack.callback(playing.cancel)
        daemon = await _start(_settings(omilia, receiver, secret, folder), listen)
        stack.push_async_callback(daemon.stop)
        _introduce(story, daemon, omilia)
        daemon.board.listen(story.news)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), for_)


def _settings(omilia: Simulator, receiver: Receiver, secret: str, folder: Path) -> Settings:
    text = (_FILES / "config.yml").read_text(encoding="utf-8").replace("OMILIA/", f"{omilia.url}/")
    environ = {
        "DEMO_PAT": "simulated-pat",
        "DEMO_WEBHOOK": receiver.url,
        "DEMO_SECRET": secret,
    }
    settings = loads(text, "the demo's config.yml", environ)
    return settings.model_copy(update={"store": f"sqlite:///{folder / 'demo.db'}"})


async def _start(settings: Settings, listen: str | None) -> Daemon:
    """Start the monitor where asked; where nobody asked, on another port when ours is taken."""
    choices = [listen] if listen else [DEFAULT_LISTEN, "127.0.0.1:0"]
    for choice in choices:
        daemon = Daemon(settings.model_copy(update={"listen": choice}))
        try:
            await daemon.start()
        except OSError:
            await daemon.stop()
            if choice is choices[-1]:
                raise
        else:
            return daemon
    raise AssertionError  # the loop returns or raises


def _introduce(story: Story, daemon: Daemon, omilia: Simulator) -> None:
    """Say what is running, and where to look."""
    story.tell("daemon", f"a simulated Omilia answers on {omilia.url}", url=omilia.url)
    count = len(daemon.settings.endpoints)
    story.tell("daemon", f"the monitor probes {count} endpoints; ask it:", url=daemon.url)
    if story.as_json:
        return
    for path, what in (
        ("/v1/status", "how everything stands"),
        ("/v1/verdicts/envs-manager-status", "may I call? 200 yes, 503 with Retry-After no"),
        ("/v1/incidents", "what happened, why, who was told"),
        ("/metrics", "for Prometheus"),
    ):
        story.write(f"{'':19}curl -i {daemon.url}{path:<34} {click.style(what, dim=True)}")
    story.write(f"{'':19}in a few seconds the script breaks Omilia; Ctrl-C ends this")


async def _follow(story: Story, script: Script, began: float) -> None:
    """Tell what the script does to Omilia, as it does it."""
    before: dict[str, str] = {}
    while True:
        now = {o.id: _say(o.fault) for o in script.faults_at(story.clock.monotonic() - began)}
        for text in [now[key] for key in now.keys() - before.keys()]:
            story.tell("omilia", f"{text} (the script says so)")
        for text in [before[key] for key in before.keys() - now.keys()]:
            story.tell("omilia", f"no longer: {text}")
        before = now
        await asyncio.sleep(0.1)


def _say(fault: Fault) -> str:
    """Say what a fault of the demo's script does."""
    if fault.do is Kind.THROTTLE:
        return f"{fault.where} answers 429, Retry-After {fault.retry_after:g} s"
    return f"{fault.where} answers {fault.status}"
