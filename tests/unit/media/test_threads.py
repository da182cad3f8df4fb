import asyncio
import contextlib
import threading

import pytest

from media.threads import acquired, in_thread


async def test_in_thread_when_cancelled_waits_for_the_thread() -> None:
    started, release, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        release.wait(10)
        done.set()

    task = asyncio.ensure_future(in_thread(work))
    await asyncio.to_thread(started.wait, 10)
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()  # a second one must not get past either
    await asyncio.sleep(0.05)
    assert not task.done()
    release.set()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert done.is_set()
    assert task.cancelled()


async def test_in_thread_when_the_call_fails_passes_its_error_on() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_in_thread_gives_arguments_and_result_through() -> None:
    assert await in_thread(sorted, [2, 1], reverse=True) == [2, 1]


async def test_acquired_when_cancelled_gives_back_what_nobody_saw() -> None:
    started, release = threading.Event(), threading.Event()
    given_back: list[str] = []

    def take() -> str:
        started.set()
        release.wait(10)
        return "thing"

    task = asyncio.ensure_future(acquired(take, undo=given_back.append))
    await asyncio.to_thread(started.wait, 10)
    task.cancel()
    await asyncio.sleep(0.02)
    release.set()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert given_back == ["thing"]
    assert await acquired(lambda: "other", undo=given_back.append) == "other"
    assert given_back == ["thing"]
