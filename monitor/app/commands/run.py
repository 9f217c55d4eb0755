"""`run`: the daemon, from its first breath to SIGTERM."""

import asyncio
import logging
import signal
from pathlib import Path

from monitor import __version__
from monitor.app.daemon import Daemon
from monitor.app.descriptors import make_room
from monitor.app.loader import load
from monitor.app.logs import redactor, set_up
from monitor.app.parting import let_go
from monitor.app.problems import ConfigError
from monitor.app.redaction import secrets_of
from monitor.app.settings import Settings
from monitor.app.systemd import Systemd
from monitor.app.tending import periodically
from monitor.app.threads import in_a_thread

log = logging.getLogger("omilia_monitor")


def run(path: Path) -> int:
    """Run until a signal says stop. Returns the exit code; raises ConfigError before anything."""
    settings = load(path)
    set_up(settings.log.level, settings.log.format)
    redactor.know(secrets_of(settings))
    make_room()
    return asyncio.run(_lived(settings, path))


async def _lived(settings: Settings, path: Path) -> int:
    try:
        return await _run(settings, path)
    finally:
        await let_go()


async def _run(settings: Settings, path: Path) -> int:
    loop = asyncio.get_running_loop()
    stop, reload = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    daemon = Daemon(settings)
    try:
        if not await _started(daemon, stop):
            return 0
    except OSError as error:
        log.error("monitor.cannot_listen", extra={"on": settings.listen, "why": str(error)})  # noqa: TRY400  a busy port is no bug
        return 1
    watched = len(settings.endpoints)
    log.info(
        "monitor.started",
        extra={"version": __version__, "url": daemon.url, "endpoints": watched},
    )
    systemd = Systemd()
    systemd.say("READY=1")
    beside = [asyncio.create_task(_reload_on(reload, daemon, path))]
    if systemd.watchdog is not None:
        beat = periodically(systemd.watchdog, "systemd", lambda: _alive(daemon, systemd))
        beside.append(asyncio.create_task(beat))
    await stop.wait()
    systemd.say("STOPPING=1")
    log.info("monitor.stopping")
    for task in beside:
        task.cancel()
    await daemon.stop()
    log.info("monitor.stopped")
    return 0


async def _alive(daemon: Daemon, systemd: Systemd) -> None:
    """Let systemd know that the loop turns; it restarts us when it does not hear that."""
    if daemon.heartbeat.alive()[0]:
        systemd.say("WATCHDOG=1")


async def _started(daemon: Daemon, stop: asyncio.Event) -> bool:
    """Start, unless somebody says stop meanwhile. Raises OSError like the start itself."""
    starting, stopping = asyncio.create_task(daemon.start()), asyncio.create_task(stop.wait())
    await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        stopping.cancel()
        if starting.exception() is not None:
            await daemon.stop()
        await starting
        return True
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await daemon.stop()
    return False


async def _reload_on(wanted: asyncio.Event, daemon: Daemon, path: Path) -> None:
    """Reload at each SIGHUP: read and validated first, then swapped. A bad file changes nothing."""
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            settings = await in_a_thread(lambda: load(path), "reload")
            redactor.know(secrets_of(settings) | secrets_of(daemon.settings))
            ignored = await daemon.reload(settings)
        except ConfigError as error:
            daemon.reloaded_well = False
            for line in error.lines():
                log.error("reload.refused", extra={"problem": line})  # noqa: TRY400  a typo is no bug
            continue
        except Exception:
            daemon.reloaded_well = False
            daemon.metrics.bug("reload")
            log.exception("reload.bug")
            continue
        daemon.reloaded_well = True
        log.info("reload.done", extra={"endpoints": len(settings.endpoints)})
        if ignored:
            log.warning("reload.needs_restart", extra={"keys": ignored})
