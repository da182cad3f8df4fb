"""A whole installation as processes: started by the command people type, killed without mercy, started again."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "screens" / "kiosk" / "install"
START_S = 90
_CODE = re.compile(r"首次启用码\s+(\S+)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """`./yunping up` in a data folder of its own; `box` is an installed screen's loopback server."""

    data: Path
    database: str = ""
    port: int = field(default_factory=free_port)
    gateway: int = field(default_factory=free_port)
    box_port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    box: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def screen_url(self) -> str:
        return f"http://127.0.0.1:{self.box_port}/"

    @property
    def environment(self) -> dict[str, str]:
        """What a command that is typed here is given."""
        return {
            "YUNPING_DATA": str(self.data),
            "YUNPING_DATABASE": self.database,
            "YUNPING_DOMAIN": "journey.example",
            "YUNPING_SITE_NAME": "吴江云屏",
            "YUNPING_PORT": str(self.port),
            "YUNPING_GATEWAY_PORT": str(self.gateway),
            "YUNPING_METRICS_PORT": "0",
            "YUNPING_ORIGINS": f"http://127.0.0.1:{self.box_port}",
            **self.more,
        }

    async def start(self) -> str:
        """Starts everything and returns the set-up code, empty when somebody is there already."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.cli", "up",
            cwd=ROOT, env={**os.environ, **self.environment},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        return await asyncio.wait_for(self._code(self.process.stdout), START_S)

    async def _code(self, out: asyncio.StreamReader) -> str:
        said: list[str] = []
        first_run = self.data / "guard" / "first-run"
        while line := (await out.readline()).decode():
            said.append(line)
            if found := _CODE.search(line):
                self._drain(out)
                return found[1]
            if "已启动" in line and not first_run.exists():
                self._drain(out)
                return ""
        raise AssertionError("".join(said))

    def _drain(self, out: asyncio.StreamReader) -> None:
        async def read() -> None:
            with (self.data / "up.log").open("ab") as log:
                async for line in out:
                    log.write(line)

        self._reading = asyncio.create_task(read())

    async def kill(self) -> None:
        """Kill -9 to every process of the server at once."""
        if self.process is not None and self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    @property
    def box_folder(self) -> Path:
        return self.data.parent / "box"

    async def install_screen(self, *, trial: float = 120) -> None:
        """Installs the player as on a box, and serves it from the box's loopback; a new one has `trial` seconds."""
        folder = self.box_folder
        root = self.data / "guard" / "public" / "root.json"
        done = await asyncio.create_subprocess_exec(
            str(INSTALL),
            *("--prefix", str(folder), "--server", self.url, "--root", str(root), "--name", "松陵街道一号屏"),
            *("--gateway", f"ws://127.0.0.1:{self.gateway}/screens/v1", "--port", str(self.box_port)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await done.wait() == 0
        self.box = await asyncio.create_subprocess_exec(
            sys.executable, str(folder / "box.py"), "--dir", str(folder), "--port", str(self.box_port),
            "--trial", str(trial),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self.box.stderr is not None
        await self.box.stderr.readline()

    async def close(self) -> None:
        await self.kill()
        if self.box is not None:
            self.box.kill()
            await self.box.wait()


@asynccontextmanager
async def house(folder: Path, *, database: str = "", more: Mapping[str, str] | None = None) -> AsyncIterator[House]:
    """An installation with `more` settings that is gone, with every process, when the block ends."""
    data = folder / "data"
    data.mkdir()
    made = House(data, database, more=dict(more or {}))
    try:
        yield made
    finally:
        await made.close()
