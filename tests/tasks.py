"""No test leaves anything running in the event loop that all tests of a worker share."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator

import pytest

# The browser of a worker lives in the same loop, longer than a test.
_OTHERS = "/playwright/"
_TURNS = 5


def pytest_itemcollected(item: pytest.Item) -> None:
    """Only tests that use the loop pay for being watched."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
        item.fixturenames.insert(0, "_nothing_left_running")


@pytest.fixture
async def _nothing_left_running() -> AsyncIterator[None]:
    """Cancels what the test and its fixtures began and did not end, as the end of a loop would."""
    before = asyncio.all_tasks()
    yield
    for _ in range(_TURNS):
        left = [task for task in asyncio.all_tasks() - before if _is_ours(task)]
        if not left:
            return
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=5)


def _is_ours(task: asyncio.Task[object]) -> bool:
    if task is asyncio.current_task():
        return False
    return not any(_OTHERS in name for name in _files(task))


def _files(task: asyncio.Task[object]) -> Iterator[str]:
    code = getattr(task.get_coro(), "cr_code", None)
    if code is not None:
        yield code.co_filename
    for frame in task.get_stack(limit=5):
        yield frame.f_code.co_filename
