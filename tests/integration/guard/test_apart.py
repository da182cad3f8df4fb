"""The signer stands apart: its own process, files that no other user opens, and what a role of another user can do."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.integration.guard.office import Office

ROOT = Path(__file__).resolve().parents[3]
GUARD, WEB, GROUP = 64_101, 64_102, 64_100

# Everything is imported before: the interpreter itself may lie where only root can read.
BECOME = """
import asyncio, os
def become(user, group):
    asyncio.run(asyncio.to_thread(int))
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
"""
RUNS = """
import asyncio, sys, time
from pathlib import Path
from cms.guard.core import GuardSettings
from cms.guard.keyring import Cost
from cms.guard.main import run
home, door = map(Path, sys.argv[3:])
become(*map(int, sys.argv[1:3]))
settings = GuardSettings(home, "wujiang.example", door / "guard.sock", public=door / "public", shared=True,
                         cost=Cost(1, 8), reserve=4096)
asyncio.run(run(settings, lambda: time.time_ns() // 1_000_000, asyncio.Event()))
"""
# What a web role of another user tries: the socket answers, the public files can be read, nothing secret can.
TRIES = """
import asyncio, json, sys
from pathlib import Path
from cms.guard.client import GuardClient
home, door = map(Path, sys.argv[3:])
become(*map(int, sys.argv[1:3]))

async def main():
    client = GuardClient(door / "guard.sock")
    state = await client.state()
    await client.close()
    closed = []
    for path in ("keys/guard.key", "keys/root.key", "keys/delegations.key", "keys/pepper", "journal.jsonl",
                 "bundle.sealed", "first-run", "keys"):
        try:
            os.listdir(home / path) if path == "keys" else (home / path).read_bytes()
        except PermissionError:
            closed.append(path)
    return {"epoch": state["epoch"], "closed": len(closed), "recalls": (door / "public/recalls.json").exists()}

print(json.dumps(asyncio.run(main())))
"""


async def test_every_secret_of_the_guard_is_for_its_user_alone(office: Office) -> None:
    def modes() -> dict[str, int]:
        home = office.settings.directory
        return {str(path.relative_to(home)): stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}

    found = await asyncio.to_thread(modes)
    secret = {name: mode for name, mode in found.items() if not name.startswith("public")}
    assert {name for name, mode in secret.items() if mode & 0o077} == set()
    assert {"keys/guard.key", "keys/root.key", "keys/pepper", "journal.jsonl", "bundle.sealed", "socket"} <= set(secret)


@pytest.mark.skipif(os.getuid() != 0, reason="another user can only be become by root")
def test_web_role_of_another_user_reaches_the_socket_and_no_key() -> None:
    """As two units of a service manager run them: two users, one group, a folder between them."""
    with tempfile.TemporaryDirectory() as open_to_all:  # pytest's own folders are root's alone
        Path(open_to_all).chmod(0o755)
        home, door = Path(open_to_all, "guard"), Path(open_to_all, "door")
        home.mkdir(mode=0o700)
        door.mkdir(mode=0o750)
        os.chown(home, GUARD, GROUP)
        os.chown(door, GUARD, GROUP)
        places: dict[str, Any] = {"cwd": ROOT, "text": True}
        command = [sys.executable, "-c", BECOME + RUNS, str(GUARD), str(GROUP), str(home), str(door)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, **places) as guard:
            assert guard.stdout is not None
            assert "guard.ready" in guard.stdout.readline()
            web = [sys.executable, "-c", BECOME + TRIES, str(WEB), str(GROUP), str(home), str(door)]
            done = subprocess.run(web, capture_output=True, check=False, **places)
            assert done.returncode == 0, done.stderr[-1_000:]
            assert json.loads(done.stdout) == {"epoch": 1, "closed": 8, "recalls": True}
            guard.kill()
