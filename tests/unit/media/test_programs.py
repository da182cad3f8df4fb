"""A program whose start is cancelled is ended, whatever it is and however far it has come."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from media.programs import end, started

PIPE = asyncio.subprocess.PIPE


@pytest.mark.parametrize("how", [{}, {"stdout": PIPE, "stderr": PIPE}, {"stdin": PIPE, "stdout": PIPE}])
async def test_start_when_cancelled_at_any_turn_leaves_no_program_behind(tmp_path: Path, how: dict[str, Any]) -> None:
    mine = tmp_path / "pids"
    then = "yes" if "stdout" in how else "sleep 60"
    program = ("sh", "-c", f"echo $$ >> '{mine}'; exec {then}")
    for turns in range(12):
        starting = asyncio.create_task(started(*program, **how))
        for _ in range(turns):
            await asyncio.sleep(0.001 if turns > 8 else 0)
        starting.cancel()
        (got,) = await asyncio.gather(starting, return_exceptions=True)
        if isinstance(got, asyncio.subprocess.Process):  # the start was quicker
            got.kill()
            await got.communicate()
    pids = mine.read_text().split() if mine.exists() else []
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("how", [{}, {"stdin": PIPE, "stderr": PIPE}, {"stdout": PIPE}])
async def test_start_when_cancelled_after_the_program_runs_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    begun: list[asyncio.subprocess.Process] = []
    plain = asyncio.create_subprocess_exec

    async def slow(*argv: str, **how: Any) -> asyncio.subprocess.Process:
        begun.append(await plain(*argv, **how))
        await asyncio.sleep(0.1)  # as long as a busy loop may take to hand it over
        return begun[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)
    starting = asyncio.create_task(started("sh", "-c", "exec yes" if "stdout" in how else "exec sleep 60", **how))
    while not begun:  # noqa: ASYNC110 - a program, not an event
        await asyncio.sleep(0.005)
    starting.cancel()
    await asyncio.wait([starting])
    assert starting.cancelled()
    assert begun[0].returncode == -9


async def test_start_of_a_missing_program_says_so_also_when_cancelled() -> None:
    with pytest.raises(FileNotFoundError):
        await started("/no/such/program")
    starting = asyncio.create_task(started("/no/such/program"))
    await asyncio.sleep(0)
    starting.cancel()
    (ended,) = await asyncio.gather(starting, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError | FileNotFoundError)


async def test_program_that_does_not_heed_is_made_to_end() -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    process = await started(sys.executable, "-IS", "-c", deaf, stdout=PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    began = time.monotonic()
    await end(process, grace=0.2)
    assert process.returncode == -9
    assert time.monotonic() - began >= 0.2
    await end(process, grace=0.2)  # once more does no harm
