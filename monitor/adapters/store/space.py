"""Watches the free space beside an SQLite file: a full disk is met with a plan."""

import asyncio
import shutil
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.ports import Clock

if TYPE_CHECKING:
    from datetime import datetime

MB = 1024 * 1024
SCARCE = 32 * MB
"""Below this many free bytes raw outcomes are given up."""
CRITICAL = 16 * MB
"""Below this rollups wait too. Incidents and standings are always tried."""


class Level(IntEnum):
    """How much room there is."""

    PLENTY = 0
    SCARCE = 1
    CRITICAL = 2


def free_bytes(folder: Path) -> int:
    """Ask the file system."""
    return shutil.disk_usage(folder).free


class Space:
    """Knows the level, since when it is bad, and how to say it."""

    def __init__(
        self, file: Path | None, clock: Clock, free: Callable[[Path], int] = free_bytes
    ) -> None:
        self.level = Level.PLENTY
        self.since: datetime | None = None
        self.words = ""
        self._folder = None if file is None else file.absolute().parent
        self._clock = clock
        self._free = free

    async def look(self) -> Level:
        """Look again, in a thread. A folder that cannot be asked counts as having room."""
        if self._folder is None:
            return self.level  # a server has its own disk
        try:
            free = await asyncio.to_thread(self._free, self._folder)
        except OSError:
            free = SCARCE
        self.level = _level(free)
        if self.level is Level.PLENTY:
            self.since, self.words = None, ""
        else:
            self.since = self.since or self._clock.now()
            given_up = (
                "raw outcomes and rollups" if self.level is Level.CRITICAL else "raw outcomes"
            )
            self.words = f"only {free // MB} MB free in {self._folder}: {given_up} are given up"
        return self.level


def _level(free: int) -> Level:
    if free < CRITICAL:
        return Level.CRITICAL
    return Level.SCARCE if free < SCARCE else Level.PLENTY
