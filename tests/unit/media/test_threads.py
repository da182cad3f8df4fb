import asyncio
import contextlib
import threading

import pytest

from media.threads import acquired, in_thread, together


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


async def _answer(value: int) -> int:
    await asyncio.sleep(0)
    return value


async def test_together_gives_what_each_gave_in_their_order() -> None:
    assert await together(_answer(1), _answer(2)) == [1, 2]


async def test_together_when_one_fails_ends_the_other_before_it_says_so() -> None:
    ended: list[str] = []

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # it has something to clear away
            ended.append("long")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("told")

    with pytest.raises(ValueError, match="told"):
        await together(long(), fails())
    assert ended == ["long"]


async def test_together_when_cancelled_ends_both() -> None:
    ended: list[int] = []

    async def long(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    task = asyncio.ensure_future(together(long(1), long(2)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert sorted(ended) == [1, 2]
