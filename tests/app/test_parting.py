"""Nothing that still runs keeps a process from ending."""

import asyncio
import contextlib
import subprocess
import sys
import textwrap

from monitor.app.parting import let_go


async def _waits_for_who_is_gone() -> None:
    """Wait like a driver whose thread has ended: the first cancellation only leads to a wait."""
    never = asyncio.get_running_loop().create_future()
    try:
        await never
    finally:
        await asyncio.get_running_loop().create_future()


async def test_who_waits_in_its_finally_is_cancelled_again() -> None:
    task = asyncio.create_task(_waits_for_who_is_gone())
    other = asyncio.create_task(asyncio.sleep(3600))
    await asyncio.sleep(0)
    await let_go(a_round=0.01)
    assert task.cancelled()
    assert other.cancelled()


async def test_who_never_lets_go_is_left_after_three_rounds() -> None:
    free = asyncio.Event()

    async def stays() -> None:
        while not free.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await free.wait()

    task = asyncio.create_task(stays(), name="stays")
    await asyncio.sleep(0)
    await let_go(a_round=0.01)
    assert not task.done()
    free.set()
    await task


def test_a_process_ends_whose_loop_has_such_a_task() -> None:
    """It would not, with `asyncio.run` alone."""
    program = """
        import asyncio
        from monitor.app.parting import let_go
        from tests.app.test_parting import _waits_for_who_is_gone

        async def main():
            task = asyncio.create_task(_waits_for_who_is_gone())
            await asyncio.sleep(0)
            await let_go()
            assert task.done()

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], timeout=120, check=False
    )
    assert done.returncode == 0
