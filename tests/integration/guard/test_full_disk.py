"""A full disk refuses actions and loses nothing; recalls still succeed, out of the reserve."""

import asyncio
import json
import sys
from pathlib import Path

from tests.integration.guard.full_disk import RECALLS

ROOT = Path(__file__).parents[3]
SIZE = 600 * 1024


async def test_recall_on_a_full_disk_succeeds_and_other_actions_are_refused(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("bwrap", "--dev-bind", "/", "/", "--size", str(SIZE), "--tmpfs", str(tmp_path), "--chdir", str(ROOT), "--"),
        *(sys.executable, "-m", "tests.integration.guard.full_disk", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    told = json.loads(output.splitlines()[-1])
    assert told == {
        "before": "done",
        "full": "guard.disk_full",
        "recalls": ["done"] * RECALLS,
        "still_full": "guard.disk_full",
        "after": "done",
        "public": RECALLS,
        "kept": RECALLS,
    }
