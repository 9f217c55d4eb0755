"""A conversation over a WebSocket: the session says what, this says when and how long."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from monitor.core.exchange import (
    Complaint,
    Exchange,
    Fault,
    HungUp,
    NoReply,
    NotSent,
    Phase,
    Reply,
    Step,
)
from monitor.omilia.chat.course import Course
from monitor.omilia.chat.line import Line, Lines
from monitor.omilia.chat.partings import Partings
from monitor.omilia.chat.script import ChatRequest
from monitor.omilia.chat.session import Session

SWITCHED = 101
"""The status of a WebSocket that was opened (RFC 6455, 4.2.2)."""
CONNECT = "connect"
_SILENCE = "no answer"

Trouble = Complaint | HungUp | None
"""How a conversation ended: a complaint, a line that is gone, or well."""


class SocketChat:
    """Talks over WebSockets."""

    def __init__(self, lines: Lines, partings: Partings, measure: Callable[[], float]) -> None:
        self._lines = lines
        self._partings = partings
        self._measure = measure

    async def talk(self, request: ChatRequest) -> Exchange:
        """Hold one conversation, and end it whatever became of it."""
        course = Course(request, self._measure)
        line = await self._lines.connect(replace(request, timeout=course.budget()))
        if isinstance(line, NotSent):
            return line
        if isinstance(line, Reply | NoReply):
            return replace(line, steps=(Step(CONNECT, line.latency),))
        session = Session(request.script, line.key)
        cut_short = True
        try:
            course.took(CONNECT, line.measured()[0])
            trouble = await self._converse(session, line, course)
            cut_short = False
            return _exchange(session, line, course, trouble)
        finally:
            listen = self._partings.within / 2 if cut_short else 0.0
            await self._partings.part(_leave(session, line, listen))

    async def _converse(self, session: Session, line: Line, course: Course) -> Trouble:
        """Take the steps, one after the other."""
        say: str | None = session.open()
        while (step := session.step) is not None:
            began, budget = self._measure(), course.budget()
            try:
                async with asyncio.timeout(budget):
                    heard = await _step(session, line, step, say)
            except TimeoutError:
                silence = HungUp(None, f"{_SILENCE} within {budget:.3g} s", Fault.TIMEOUT)
                return session.unanswered(budget) or silence
            finally:
                course.took(step, self._measure() - began)
            if isinstance(heard, HungUp):
                return session.hung_up(heard) or heard
            say = heard
        return session.complaint


async def _step(session: Session, line: Line, step: str, say: str | None) -> str | HungUp | None:
    """Say something, and listen until the step is over. Returns what is to be said next."""
    if say is not None:
        await line.send(say)
    while session.step == step:
        heard = await line.receive()
        if isinstance(heard, HungUp):
            return heard
        say = session.hear(heard)
    return say


async def _leave(session: Session, line: Line, listen: float) -> None:
    """End the session, then the line. Listens so many seconds for one that is about to begin."""
    try:
        if listen:
            await _overhear(session, line, listen)
        farewell = session.farewell()
        if farewell is not None:
            await line.send(farewell)
    finally:
        await line.close()


async def _overhear(session: Session, line: Line, within: float) -> None:
    """Wait for a session that is about to begin: it has to be ended too."""
    try:
        async with asyncio.timeout(within):
            while session.beginning:
                heard = await line.receive()
                if isinstance(heard, HungUp):
                    return
                session.hear(heard)
    except TimeoutError:
        return


def _exchange(session: Session, line: Line, course: Course, trouble: Trouble) -> Reply | NoReply:
    """Say how it went."""
    latency, phases, expiry = line.measured()
    steps = tuple(course.steps)
    if isinstance(trouble, HungUp):
        return NoReply(trouble.fault, trouble.reason, Phase.TRANSFER, latency, phases, steps)
    body = json.dumps(session.last, ensure_ascii=False).encode()
    return Reply(SWITCHED, body, {}, latency, phases, expiry, steps, trouble)
