"""`./yunping up`: prepares the data folder, keeps the roles running, and tells where to go next.

The roles are forks of this process: the program is read once for all of them. Before anything heavy is read, the guard
is forked off, so that it holds nothing of the database; what only a first start needs is in `deploy.first_start`. The
last fork is a zygote, from which a role that dies is born again; only the guard is read anew, for the same reason.
"""

import asyncio
import contextlib
import fcntl
import functools
import gc
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TextIO

import click

from cms.kernel.forking import fork, reaped
from cms.kernel.log import configure
from cms.kernel.zygote import Zygote, pair, serve
from deploy.announcing import announce
from deploy.demo import addresses, keeper_file, world
from deploy.demo.ports import PORTS, exceptions
from deploy.ports import LISTENING, ports_free, simulators_free
from deploy.settings import FILE, Role, Settings, load
from deploy.supervisor import Child, Supervisor, name_of, role_argv, role_named

# The guard holds nothing of the database and says what was recalled; what is due for the worker has waited in its rows.
ORDER: Final[tuple[Role, ...]] = ("guard", "web", "gateway", "worker", "tv-out", "live-in")
START_SECONDS: Final = 120.0
VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"


def run_up(settings: Settings, *, demo: bool) -> int:
    """Runs until a stop signal; returns the exit code. Blocking, and for the main thread of a process of one thread.

    Refuses as `deploy.ports.ports_free` and `simulators_free`, before anything is written or started.
    """
    configure(role="up", level="WARNING", json_lines=settings.log_json)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(settings.data / "up.lock") as lock:
        if lock is None:
            click.echo(
                f"数据目录 {settings.data} 已有一个云屏在运行。请先停止它，或用 YUNPING_DATA 指定另一个目录。", err=True
            )
            return 75  # EX_TEMPFAIL
        is_demo = demo or keeper_file(settings).exists()
        ports_free(settings, *LISTENING)
        if is_demo:
            simulators_free(PORTS.values())
        if demo:
            settings = _demo_settings(settings)
        if not is_newest(settings):
            _migrate(settings)
        # What is read stays: looking for garbage among it is a fifth of what a start takes.
        gc.disable()
        with contextlib.ExitStack() as ends:
            children = _forked(settings, lock, ends)
            gc.enable()
            asyncio.run(_keep(settings, children, is_demo=is_demo))
    return 0


def _forked(settings: Settings, lock: TextIO, ends: contextlib.ExitStack) -> list[Child]:
    """The roles in the order in which others wait for them; what is read for one is there for all after it."""
    from deploy import roles  # noqa: PLC0415 - nothing is read before the folder is known to be ours

    listener: socket.socket | None = None

    def work(role: Role, number: int) -> None:
        lock.close()  # it says that this process lives, not its children
        handed = None
        if listener is not None and role == "gateway":
            handed = listener.detach()
        elif listener is not None:
            listener.close()
        roles.run_role(settings, role, number, listener=handed)

    found: list[Child] = []
    for role in ORDER:
        roles.read(role)
        listener = _kept(settings) if role == "gateway" else listener
        for number in range(1, 1 + (settings.gateways if role == "gateway" else 1)):
            name = name_of(role, number)
            process = fork(functools.partial(work, role, number), name=f"yunping-{name}")
            held = listener.fileno() if listener is not None and role == "gateway" else None
            argv = role_argv(role, number, listener=held)
            found.append(Child(name, argv, process, () if held is None else (held,)))
    parent = _zygote(lock, work, ends)
    if listener is not None:
        listener.detach()  # open for as long as this process lives
    # Not the guard: what this process has read since would be in its memory.
    return [found[0], *(replace(one, again=functools.partial(parent.start, one.name)) for one in found[1:])]


def _zygote(lock: TextIO, work: Callable[[Role, int], None], ends: contextlib.ExitStack) -> Zygote:
    """A process that has read what the roles are made of, and bears one again when it is told its name."""
    ours, its = pair()

    def wait() -> None:
        ours.close()
        lock.close()
        serve(its, lambda name, _: work(*role_named(name)), name="yunping-{}".format)

    process = fork(wait, name="yunping-zygote")
    its.close()
    parent = Zygote(ours)
    ends.callback(reaped, process.pid)
    ends.callback(parent.close)
    return parent


def _kept(settings: Settings) -> socket.socket | None:
    from deploy.kept_socket import kept  # noqa: PLC0415 - reads what a gateway is made of

    return kept(settings)


async def _keep(settings: Settings, children: Sequence[Child], *, is_demo: bool) -> None:
    keeper = Supervisor(children, environment=_environment(settings))
    await keeper.run(lambda: _after_start(settings, keeper, is_demo=is_demo))


async def _after_start(settings: Settings, keeper: Supervisor, *, is_demo: bool) -> None:
    await _answering(settings.host, (settings.port, settings.gateway_port))
    # The guard removes this file when the first administrator may sign.
    is_first = (settings.guard_dir / "first-run").exists()
    if not is_first:
        announce(settings)
    if is_first or is_demo:
        from deploy.first_start import set_up_demo, show_code  # noqa: PLC0415

        await (set_up_demo(settings, keeper) if is_demo else show_code(settings))


def is_newest(settings: Settings) -> bool:
    """Whether the database stands at the newest migration, without loading the tools that migrate."""
    newest = max(path.name.split("_", 1)[0] for path in VERSIONS.glob("[0-9]*.py"))
    if not settings.database_url.startswith("sqlite"):
        from deploy import migrate  # noqa: PLC0415

        return migrate.current(settings.database_url) == newest
    path = Path(settings.database_url.partition(":///")[2])
    if not path.exists():
        return False
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            found = connection.execute("select version_num from alembic_version").fetchone()
        except sqlite3.OperationalError:
            return False
    return found is not None and found[0] == newest


def _migrate(settings: Settings) -> None:
    from deploy import migrate  # noqa: PLC0415

    click.echo("正在准备数据库……")
    migrate.upgrade(settings.database_url)


def _demo_settings(settings: Settings) -> Settings:
    """The demo's district is written into the settings file of an empty data folder, so that every role reads it."""
    path = settings.data / FILE
    if not path.exists() and not settings.guard_dir.exists():
        told = world()
        values = {
            "DOMAIN": told["domain"],
            "SITE_NAME": told["site_name"],
            "SPONSOR": told["sponsor"],
            "ORIGINS": ",".join(addresses()),
            "OUTBOUND_EXCEPTIONS": exceptions(),
        }
        path.write_text("".join(f"YUNPING_{name}={value}\n" for name, value in values.items()), "utf-8")
    return load()


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, "YUNPING_DATA": str(settings.data.resolve())}  # noqa: TID251


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[TextIO | None]:
    """The held lock, or None when another process holds it."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file


async def _answering(host: str, ports: tuple[int, ...]) -> None:
    """Waits until every port takes connections. Raises TimeoutError."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    async with asyncio.timeout(START_SECONDS):
        for port in ports:
            while True:
                try:
                    _, writer = await asyncio.open_connection(shown, port)
                except OSError:
                    await asyncio.sleep(0.03)
                else:
                    writer.close()
                    break
