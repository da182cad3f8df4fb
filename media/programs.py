"""Programs as children: a start whose caller is cancelled leaves none behind, and an end that is asked for comes."""

import asyncio
import contextlib
from typing import Any, Protocol


class Process(Protocol):
    """A child process, as `asyncio.subprocess` has it and as `cms.kernel.forking` has it."""

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


async def started(*argv: str, **how: Any) -> asyncio.subprocess.Process:
    """Starts a program as `asyncio.create_subprocess_exec` does.

    A caller that is cancelled while the start is under way gets the program ended, and only then the cancellation:
    asyncio alone keeps waiting for the pipes of a child that nobody holds, or leaves it running. Raises OSError.
    """
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*argv, **how))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):  # what never came up need not be ended
            process = await starting
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()  # a pipe that nobody reads would hold its end up
        raise


async def end(process: Process, *, grace: float) -> None:
    """Asks a program to end, and makes it after `grace` seconds; returns when it has.

    Whatever it writes to a pipe has to be read meanwhile by the caller.
    """
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), grace)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
