"""Receivers with a mind that outlives our channels and crashes, and the truth they should know."""

import asyncio

from alerts.alert import Alert, Status
from alerts.attempt import TOLD, Attempt
from alerts.channels.lifecycle import Lifecycle
from alerts.message import Notification
from alerts.self_alert import PREFIX
from tests.alerts.kit import DENIED, DOWN, GONE, LOST, throttled

KEYS = {"chat": ("ops", "mail", "page"), "voice": ("ops", "mail"), "tts": ("page",)}
MOODS: dict[str, tuple[Attempt, bool]] = {
    # what it answers, and whether it takes the message to heart nevertheless
    "well": (TOLD, True),
    "down": (DOWN, False),
    "lost on the way": (LOST, False),
    "lost on the way back": (LOST, True),
    "throttles": (throttled(120), False),
    "throttles without a hint": (throttled(None), False),
    "denies": (DENIED, False),
    "gone": (GONE, False),
}


class Receiver:
    """Somebody at the other end, with a mind that outlives our channels and crashes."""

    def __init__(self, name: str, world: "World") -> None:
        self.name = name
        self.world = world
        self.mood = "well"
        self.hangs = False
        self.believes: dict[str, Alert] = {}
        self.attempted: set[str] = set()
        self.told: set[str] = set()
        self.sending: set[str] = set()

    async def get(self, notification: Notification) -> Attempt:
        one = notification.alert
        self.world.claim(one.key not in self.sending, "one send at a time on a lane", one)
        self.world.claim(notification.id not in self.told, "nothing is told twice", one)
        self.world.check(one)
        if one.status is Status.RESOLVED:
            heard_of = one.id in self.attempted
            self.world.claim(heard_of, "no end of something it never heard of", one)
        else:
            self.world.claim(not one.held, "nothing is told that is held", one)
            self.attempted.add(one.id)
        answer, heard = MOODS[self.mood]
        if heard:
            self.hear(one)
        self.sending.add(one.key)
        try:
            await asyncio.sleep(0)
            if self.hangs:
                await asyncio.Event().wait()
        finally:
            self.sending.discard(one.key)
        if answer is TOLD:
            self.told.add(notification.id)
        return answer

    def hear(self, one: Alert) -> None:
        if one.status is Status.FIRING:
            known = self.believes.get(one.key)
            alone = known is None or known.id == one.id
            self.world.claim(alone, "no second incident before the first one ended", one)
            self.believes[one.key] = one
        elif one.key in self.believes and self.believes[one.key].id == one.id:
            del self.believes[one.key]


class Wire:
    """Our channel to a receiver; a reload makes another."""

    kind = "fake"
    lifecycle = Lifecycle()

    def __init__(self, receiver: Receiver) -> None:
        self.name = receiver.name
        self._receiver = receiver
        self._closed = False

    async def send(self, notification: Notification) -> Attempt:
        self._receiver.world.claim(
            not self._closed, "nothing is sent through a closed channel", notification.alert
        )
        return await self._receiver.get(notification)

    async def close(self) -> None:
        self._closed = True


class World:
    """What is true, and what the app would find in its store."""

    def __init__(self) -> None:
        self.revisions: dict[str, list[Alert]] = {}
        self.open: dict[str, Alert] = {}
        self.broken: list[tuple[str, Alert]] = []

    def claim(self, holds: bool, what: str, one: Alert) -> None:
        """Remember a promise that was broken: an exception would look like a channel's bug."""
        if not holds:
            self.broken.append((what, one))

    def note(self, one: Alert) -> Alert:
        self.revisions.setdefault(one.id, []).append(one)
        if one.status is Status.FIRING:
            self.open[one.key] = one
        else:
            del self.open[one.key]
        return one

    def check(self, one: Alert) -> None:
        """What is sent is how things stand now, under the id of a real revision."""
        if one.key.startswith(PREFIX):
            return
        latest = self.revisions[one.id][-1]
        self.claim(one == latest, "what is sent is how things stand", one)
