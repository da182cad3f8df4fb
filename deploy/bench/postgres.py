"""A PostgreSQL server for the time of a benchmark, in a folder of its own, reached by a socket only."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psycopg

# What a small server of an office has; writes reach the disk as they do there.
_SETTINGS: Final = ("listen_addresses=", "shared_buffers=512MB", "work_mem=32MB", "maintenance_work_mem=256MB")
_START_SECONDS: Final = 30.0


def programs() -> Path | None:
    """The folder of the newest installed server; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def server(kept: Path | None = None) -> Iterator[str]:
    """The URL of a database (blocking): an empty one, or that of the folder `kept`, which stays.

    Raises FileNotFoundError without PostgreSQL's programs.
    """
    where = programs()
    if where is None:
        raise FileNotFoundError("initdb")
    # The socket's path holds 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="yunping-bench-pg-"))
    prefix: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run with root's rights
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres", "postgres")
    data = kept or folder / "data"
    if not (data / "PG_VERSION").exists():
        _make(prefix, where, data)
    # The socket lies in a folder of its own: its path must stay short.
    command = [*prefix, str(where / "postgres"), "-D", str(data), "-k", str(folder)]
    for setting in _SETTINGS:
        command += ["-c", setting]
    running = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _wait(folder)
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        running.terminate()
        running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _make(prefix: Sequence[str], where: Path, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    if prefix:
        shutil.chown(data, "postgres", "postgres")
    made = [
        *prefix,
        str(where / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run(made, cwd="/", check=True, capture_output=True)  # noqa: S603


def _wait(folder: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)  # noqa: TID251 - blocking anyway
        else:
            return
