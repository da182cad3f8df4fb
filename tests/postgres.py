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
    # What a test deleted is not reused by the next, so that rows stand in the order they were written.
    "autovacuum=off",
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
# What migrations wrote stays: it is kept aside when the database is made and put back when it is emptied.
_KEEP = """
do $$ declare one text; filled boolean; begin
  create schema kept;
  for one in select format('%I', relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
  loop
    execute 'select exists (select from public.' || one || ')' into filled;
    if filled then execute 'create table kept.' || one || ' as table public.' || one; end if;
  end loop;
end $$
"""
# As a replica: neither foreign keys nor the triggers that guard what may never be deleted are asked.
_EMPTY = """
do $$ declare one text; filled boolean; begin
  set local session_replication_role = replica;
  for one in select format('%I', relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
  loop
    execute 'select exists (select from public.' || one || ')' into filled;
    if filled then execute 'delete from public.' || one; end if;
  end loop;
  for one in select format('%I', relname) from pg_class where relkind = 'r' and relnamespace = 'kept'::regnamespace
  loop
    execute 'insert into public.' || one || ' select * from kept.' || one;
  end loop;
  for one in select format('%I', relname) from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace
  loop
    execute 'alter sequence public.' || one || ' restart';
  end loop;
end $$
"""
_SHAPE = """
select md5(string_agg(part, ',' order by part)) from (
  select format('%s %s %s', relname, attname, atttypid) as part
  from pg_attribute join pg_class on pg_class.oid = attrelid
  where relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped
  union all
  select format('%s %s %s', relname, tgname, tgenabled) from pg_trigger join pg_class on pg_class.oid = tgrelid
  where relnamespace = 'public'::regnamespace and not tgisinternal
) as parts
"""
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
        self._used: tuple[str, str] | None = None

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, *, template: str = "template0") -> str:
        """Makes a database and returns its name."""
        name = f"t{os.getpid()}_{next(self._counter)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def emptied(self, template: str) -> str:
        """This worker's database with the tables of `template` and nothing in them.

        Emptying one takes a tenth of what copying it takes. One that a test gave another shape is left and made anew.
        """
        if self._used is None or not self._empty(*self._used):
            name = self.create(template=template)
            with self._connection(name) as connection:
                connection.execute(_KEEP)
                self._used = name, _shape(connection)
        return self._used[0]

    def _empty(self, database: str, shape: str) -> bool:
        """Whether the database could be emptied: whoever a test left connected to it is sent away."""
        others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"
        with self._connection(database) as connection:
            connection.execute(others, [database])
            if _shape(connection) != shape:
                return False
            connection.execute(_EMPTY)
        return True

    def drop(self, database: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _run(self, statement: sql.Composed) -> None:
        with self._connection("postgres") as connection:
            connection.execute(statement)

    def _connection(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)


def _shape(connection: psycopg.Connection[Any]) -> str:
    """Changes with any table, column or trigger."""
    found = connection.execute(_SHAPE).fetchone()
    return str(found and found[0])


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
