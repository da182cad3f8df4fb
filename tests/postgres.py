"""One throw-away PostgreSQL cluster a run, shared by all workers, and a fresh database a test.

The cluster listens on a Unix socket in its own folder only, never waits for the disk, and dies with the run: the
process that began the run stops it, and a watchdog stops it when that process was killed.
"""

import contextlib
import fcntl
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=32MB",
    "timezone=UTC",
)
# $1 the process of the run, $2 the cluster's folder, the rest the server.
_WATCHDOG = """
run=$1 folder=$2; shift 2
"$@" >"$folder/server.log" 2>&1 &
server=$!
while kill -0 "$run" && kill -0 "$server"; do sleep 0.2; done 2>/dev/null
kill -QUIT "$server" 2>/dev/null; wait "$server"; rm -rf "$folder"
"""
_START_SECONDS = 60
_FOLDER = pytest.StashKey[Path]()
_RUN = pytest.StashKey[int]()


def binaries() -> Path:
    """The newest installed PostgreSQL's programs (Debian keeps them off the PATH)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise FileNotFoundError("no PostgreSQL here; ./yunping test installs it")
    return Path(on_path).resolve().parent


def _as_postgres() -> list[str]:
    """The prefix that starts a server as root: PostgreSQL refuses to run with root's rights."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


class Cluster:
    """A running cluster, reached through the socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._counter = itertools.count()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, *, template: str = "template0") -> str:
        """Makes a database and returns its name."""
        name = f"t{os.getpid()}_{next(self._counter)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, database: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


def _start(folder: Path, run: int) -> None:
    """Makes and starts the cluster in `folder`; `run` is the process it must not outlive."""
    programs, prefix, data = binaries(), _as_postgres(), folder / "data"
    if prefix:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    initdb = [*prefix, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
    # cwd: as another user the present folder may not be readable
    done = subprocess.run(
        [*initdb, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"initdb: {done.stderr}")
    server = [*prefix, str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
    for setting in _SETTINGS:
        server += ["-c", setting]
    # In a session of its own: Ctrl-C goes to the tests first, and they stop the server.
    watchdog = ["setsid", "--fork", "/bin/sh", "-c", _WATCHDOG, "sh", str(run), str(folder)]
    subprocess.run(
        [*watchdog, *server],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as problem:
            if time.monotonic() > deadline:
                raise RuntimeError((folder / "server.log").read_text()) from problem
            time.sleep(0.05)
        else:
            return


def _stop(folder: Path) -> None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, signal.SIGQUIT)
        for _ in range(200):
            os.kill(server, 0)
            time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)


def _told(config: pytest.Config) -> dict[str, Any] | None:
    """What the process that began the run told this worker; None in that process itself."""
    return getattr(config, "workerinput", None)


def pytest_configure(config: pytest.Config) -> None:
    """Settles the folder before any worker starts; in /tmp, because a socket's path holds 107 bytes at most."""
    if (told := _told(config)) is not None:
        config.stash[_FOLDER] = Path(told["postgres_folder"])
        config.stash[_RUN] = told["postgres_run"]
    else:
        config.stash[_FOLDER] = Path("/tmp", f"yunping-pg-{secrets.token_hex(6)}")
        config.stash[_RUN] = os.getpid()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells each worker the folder (pytest-xdist calls this in the process that began the run)."""
    node.workerinput["postgres_folder"] = str(node.config.stash[_FOLDER])
    node.workerinput["postgres_run"] = node.config.stash[_RUN]


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_FOLDER, None)
    if folder is not None and _told(config) is None:
        _stop(folder)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Cluster:
    """The run's cluster, started by the first worker that asks."""
    folder = pytestconfig.stash[_FOLDER]
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "started").exists():
            _start(folder, pytestconfig.stash[_RUN])
            (folder / "started").touch()
    return Cluster(folder)


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    database = postgres.create()
    yield postgres.url(database)
    postgres.drop(database)
