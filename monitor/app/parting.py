"""The last thing of a process: nothing that still runs on its loop may keep it from ending."""

import asyncio
import logging

ROUNDS = 3
A_ROUND = 0.2
"""Seconds for each: together a part of the ten within which we are gone."""

log = logging.getLogger(__name__)


async def let_go(a_round: float = A_ROUND) -> None:
    """Cancel every other task of this loop, more than once.

    `asyncio.run` cancels once and then waits for ever. A database driver that is cut off from its
    file waits, in a `finally`, for a thread that is gone: it hears the second time only.
    """
    for _ in range(ROUNDS):
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if not rest:
            return
        for task in rest:
            task.cancel()
        await asyncio.wait(rest, timeout=a_round)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        log.error("monitor.does_not_let_go", extra={"task": task.get_name()})
