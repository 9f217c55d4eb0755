"""The channel `command`: a program of the operator's own. The message comes on its standard input.

It ends with 0 when it has told; 75 (EX_TEMPFAIL of sysexits.h) and most others mean "try again",
78 (EX_CONFIG) and a program that cannot be run mean that the channel is misconfigured, 65
(EX_DATAERR) that it does not want this message.
"""

import asyncio
import contextlib
import os
import signal
from typing import Annotated, Literal

from pydantic import Field

from alerts.attempt import Attempt, Reason, Result
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.config import Duration
from alerts.message import Notification, body
from alerts.moment import Clock
from alerts.redact import Redactor
from alerts.words import words

_READ = 4096
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER")
"""What a program sees of our environment: our own secrets are in the rest."""
_EX_DATAERR, _EX_CONFIG = 65, 78


class CommandConfig(Spoken):
    """A program that is run for each notification."""

    kind: Literal["command"]
    """A program of your own."""
    run: Annotated[list[str], Field(min_length=1)]
    """The program and its arguments; no shell reads them."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 15.0
    """How long it may run; then it and what it started are killed."""


class CommandChannel:
    """Runs a program with the standard message on its standard input."""

    kind = "command"
    lifecycle = Lifecycle(resolves=True)

    def __init__(self, name: str, config: CommandConfig, clock: Clock) -> None:
        del clock
        self.name = name
        self._run = config.run
        self._timeout = config.timeout
        self._redactor = Redactor("")

    async def send(self, notification: Notification) -> Attempt:
        """Run it once."""
        alert, said = notification.alert, words(notification)
        about = {
            "OMILIA_MONITOR_ID": notification.id,
            "OMILIA_MONITOR_STATUS": alert.status.value,
            "OMILIA_MONITOR_SEVERITY": alert.severity.value,
            "OMILIA_MONITOR_KEY": alert.key,
            "OMILIA_MONITOR_REASON": notification.why.value,
            "OMILIA_MONITOR_TITLE": said.title,
            "OMILIA_MONITOR_SHORT": said.short,
            "OMILIA_MONITOR_TEXT": said.text,
        }
        about = {name: text.replace("\0", " ") for name, text in about.items()}
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._run,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=kept | {name: _passable(text) for name, text in about.items()},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            number = getattr(error, "errno", None)
            detail = f"cannot be run: {type(error).__name__}, errno {number}"
            return Attempt(Result.MISCONFIGURED, Reason.NOT_FOUND, detail)
        try:
            async with asyncio.timeout(self._timeout):
                _, complaint = await process.communicate(body(notification))
        except TimeoutError:
            return Attempt(Result.UNKNOWN, Reason.TIMEOUT, "did not end in time and was killed")
        finally:
            if process.returncode is None:
                await _kill(process)
        return self._came(process.returncode or 0, complaint)

    async def close(self) -> None:
        """Do nothing: every run has ended."""

    def _came(self, code: int, said: bytes) -> Attempt:
        if code == 0:
            return Attempt(Result.TOLD)
        why = self._redactor.clean(said[:_READ].decode("utf-8", "replace"))
        detail = f"exit code {code}: {why}" if why else f"exit code {code}"
        if code == _EX_DATAERR:
            return Attempt(Result.REFUSED, Reason.CLIENT, detail)
        if code == _EX_CONFIG:
            return Attempt(Result.MISCONFIGURED, Reason.CLIENT, detail)
        return Attempt(Result.UNREACHABLE, Reason.SERVER, detail)


def _passable(text: str) -> str:
    """Replace what no environment can hold: a zero byte, half a character."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a program and all that it started: they are one session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
