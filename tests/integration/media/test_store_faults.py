"""A full disk and kill -9, on a real file system.

The full disk is a real 8 MiB tmpfs, mounted by bubblewrap for a child process alone: that works for root and for
users without the right to mount, and leaves no mount behind.
"""

import asyncio
import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

from media.durable import STAGING
from media.store import Store

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def test_a_full_disk_refuses_uploads_and_loses_nothing(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    walls = ["/usr/bin/bwrap", "--dev-bind", "/", "/", "--size", str(8 << 20), "--tmpfs", str(volume), "--"]
    child = subprocess.run(
        [*walls, sys.executable, str(HERE / "full_disk.py"), str(volume)],
        capture_output=True,
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr.decode()
    told = json.loads(child.stdout)
    assert told == {
        "too big": "media.disk_full",
        "at each fill": ["media.disk_full"],
        "left over": 0,
        "files": 1,
        "kept": True,
        "below reserve, put": "media.disk_full",
        "below reserve, named": "ok",
        "below reserve, created": "ok",
        "below reserve, read": True,
        "space again": "ok",
    }


async def _run_and_kill(url: str, *, after: float) -> list[str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "crash.py"), url, stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT
    )
    assert child.stdout is not None
    lines = [await child.stdout.readline()]  # it runs: from here on the moment of the kill is random
    await asyncio.sleep(after)
    child.kill()
    rest = await child.stdout.read()
    await child.wait()
    return (b"".join(lines) + rest).decode().split()


async def test_kill_at_any_moment_loses_no_acknowledged_file(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/store"
    acknowledged: list[str] = []
    for seed in range(12):
        acknowledged += await _run_and_kill(url, after=random.Random(seed).uniform(0, 0.08))
    store = await asyncio.to_thread(Store.open, url, min_free_bytes=0)
    assert len(acknowledged) >= 12
    for sha256 in acknowledged:
        assert hashlib.sha256(await store.get(sha256)).hexdigest() == sha256
    visible = [path for path in (tmp_path / "store/a").rglob("*") if path.is_file()]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in visible)
    index = await store.get_named("index")
    assert index == index[:8] * 10_000
    assert list((tmp_path / "store" / STAGING).iterdir()) == []
