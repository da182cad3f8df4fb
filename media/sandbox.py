"""Runs a decoder as if it were already taken over: its inputs, one output folder, nothing else.

Under bubblewrap a command sees a read-only system, its inputs at fixed paths and an empty folder to
write to; no network, no other process, no other file. Memory, CPU, file size, output and time are
bounded, and the whole group is killed at the end. Where bubblewrap cannot run the product refuses to
decode, unless an operator allowed running with the bounds alone.
"""

import asyncio
import contextlib
import dataclasses
import enum
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from media.errors import MediaRefused
from media.programs import started
from media.seccomp import program
from media.threads import in_thread

SETTING: Final = "YUNPING_ALLOW_UNSANDBOXED"
INPUT: Final = "{input}"
OUTPUT: Final = "{output}"

_BWRAP: Final = Path("/usr/bin/bwrap")
_PRLIMIT: Final = "/usr/bin/prlimit"
_NICE: Final = "/usr/bin/nice"
_TASKSET: Final = "/usr/bin/taskset"
_INSIDE_INPUT: Final = "/in/file"
_INSIDE_OUTPUT: Final = "/out"
_CARD: Final = 1 << 40
_KEPT_BYTES: Final = 256 << 10  # of stdout and of stderr: the first and the last half; the rest is dropped
_WATCH_EVERY: Final = 0.2  # seconds between looks at the output folder
_SYSTEM: Final = ("/etc/fonts", "/etc/alternatives", "/etc/ld.so.cache", "/var/cache/fontconfig")
_MERGED: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")


_WALLS: Final = """
    --unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try
    --uid 65534 --gid 65534 --hostname box --die-with-parent --new-session --cap-drop ALL
    --clearenv --setenv PATH /usr/bin --setenv LANG C.UTF-8 --setenv HOME /tmp
"""
# Read-only /dev closes /dev/shm, which would be memory outside every bound; /tmp may hold 64 MiB.
_CLOSING: Final = """
    --proc /proc --dev /dev --remount-ro /dev --size 67108864 --tmpfs /tmp
    --remount-ro / --chdir /out
"""


class Grade(enum.StrEnum):
    """How strong the isolation is; shown on the operator's health page."""

    isolated = "isolated"
    limits_only = "limits_only"


class Ended(enum.StrEnum):
    """Why a command ended."""

    itself = "itself"
    timed_out = "timed_out"
    too_much_output = "too_much_output"
    disk_full = "disk_full"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one run may cost.

    Attributes:
        seconds: wall clock; CPU seconds are bounded by twice that, for two busy threads.
        memory_bytes: address space of each process.
        file_bytes: size of any one file written.
        output_bytes: sum of the files in the output folder.
        output_files: number of the files in the output folder.
        may_fork: the command starts other processes.
        min_free_bytes: room that the output must leave on its volume.
    """

    seconds: int
    memory_bytes: int
    file_bytes: int
    output_bytes: int
    output_files: int = 1_000
    may_fork: bool = False
    min_free_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of the machine an encode may take; the pages and the screens always come first.

    Attributes:
        nice: as `nice -n` adds, 0 to 19.
        cores: how many of the processor's cores it may use, 0 for all.
    """

    nice: int = 10
    cores: int = 0

    @property
    def prefix(self) -> tuple[str, ...]:
        """What stands before a command. The last cores are taken: the first answer the most interrupts."""
        allowed = sorted(os.sched_getaffinity(0))
        if not 0 < self.cores < len(allowed):
            return (_NICE, "-n", str(self.nice))
        listed = ",".join(str(core) for core in allowed[-self.cores :])
        return (_NICE, "-n", str(self.nice), _TASKSET, "-c", listed)


@dataclass(frozen=True, slots=True)
class Finished:
    """A command's end; a negative or >128 `returncode` is a signal's."""

    returncode: int
    stdout: bytes
    stderr: str
    ended: Ended


class Sandbox:
    """Make one with `Sandbox.detect` and share it; at most `parallel` commands run at once."""

    def __init__(self, grade: Grade, *, bwrap: Path = _BWRAP, parallel: int = 2, effort: Effort | None = None) -> None:
        self.grade = grade
        self.effort = effort or Effort()
        self._bwrap = bwrap
        self._turns = asyncio.Semaphore(parallel)

    @classmethod
    async def detect(cls, *, allow_unsandboxed: bool, bwrap: Path = _BWRAP, parallel: int = 2) -> Self:
        """Try a real run of bubblewrap on this machine.

        Args:
            allow_unsandboxed: an operator's decision to decode with resource limits alone.
            bwrap: the program; another path is for tests.
            parallel: how many commands may run at once.

        Raises:
            MediaRefused: `media.sandbox_unavailable` with the name of the setting that allows it.
        """
        isolated = cls(Grade.isolated, bwrap=bwrap, parallel=parallel)
        if await isolated._works():
            return isolated
        if allow_unsandboxed:
            return cls(Grade.limits_only, bwrap=bwrap, parallel=parallel)
        raise MediaRefused("media.sandbox_unavailable", setting=SETTING)

    @property
    def is_busy(self) -> bool:
        """Whether a command would have to wait for its turn."""
        return self._turns.locked()

    def apart(self, *, parallel: int = 1, effort: Effort | None = None) -> Self:
        """The same isolation with turns of its own, so that hours of encoding never delay a picture."""
        return type(self)(self.grade, bwrap=self._bwrap, parallel=parallel, effort=effort or self.effort)

    async def run(
        self,
        argv: Sequence[str],
        *,
        given: Path | Sequence[Path],
        out: Path,
        bounds: Bounds,
        visible: Sequence[Path] = (),
        hear: Callable[[bytes], None] | None = None,
        devices: Sequence[str] = (),
    ) -> Finished:
        """Run a command to its end or its bound.

        Args:
            argv: absolute program and arguments; `{input}` (`{input1}`, `{input2}`… of several) and `{output}` in
                them become paths.
            given: the input file or files, read-only.
            out: an empty folder of the caller; the only place that can be written.
            bounds: limits.
            visible: further folders to show read-only at their own path, such as the interpreter's.
            hear: is given stdout block by block as it comes; nothing of it is kept then.
            devices: of a graphics card, by their paths in `/dev`; where one is named the address space is not bounded,
                as a driver maps the whole of its card.

        Raises:
            MediaRefused: `media.sandbox_unavailable` when the program cannot be started.
        """
        files = (given,) if isinstance(given, Path) else tuple(given)
        async with self._turns:
            limits = _limits(dataclasses.replace(bounds, memory_bytes=_CARD) if devices else bounds)
            if self.grade is Grade.limits_only:
                plain = _fill([*limits, "--", *argv], [str(path) for path in files], str(out))
                return await _watch(plain, out, bounds, (), hear)
            walls = _walls(files, out, visible, devices)
            # Outside a namespace the kernel counts all of the user's processes, so only here.
            inside = _fill([*limits, "--nproc=64", "--", *argv], _inside(files), _INSIDE_OUTPUT)
            with _filter(may_fork=bounds.may_fork) as descriptors:
                doors = [f for d in descriptors for f in ("--seccomp", str(d))]
                command = [str(self._bwrap), *walls, *doors, "--", *inside]
                return await _watch(command, out, bounds, descriptors, hear)

    async def _works(self) -> bool:
        bounds = Bounds(seconds=10, memory_bytes=1 << 30, file_bytes=1, output_bytes=1)
        folder = await in_thread(tempfile.mkdtemp)
        try:
            finished = await self.run(["/usr/bin/true"], given=Path("/usr/bin/true"), out=Path(folder), bounds=bounds)
        except MediaRefused:
            return False
        finally:
            await in_thread(shutil.rmtree, folder, ignore_errors=True)
        return finished.returncode == 0


class Closed(Sandbox):
    """Stands where no command could be kept in and nobody allowed to do without: each is refused, the setting named."""

    def __init__(self) -> None:
        super().__init__(Grade.isolated)

    def apart(self, *, parallel: int = 1, effort: Effort | None = None) -> Self:  # noqa: ARG002 - as the open one
        return self

    async def run(self, argv: Sequence[str], **_: Any) -> Finished:  # noqa: ARG002
        raise MediaRefused("media.sandbox_unavailable", setting=SETTING)


def _limits(bounds: Bounds) -> list[str]:
    return [
        _PRLIMIT,
        f"--as={bounds.memory_bytes}",
        f"--cpu={bounds.seconds * 2}",
        f"--fsize={bounds.file_bytes}",
        "--nofile=256",
        "--core=0",
    ]


def input_at(number: int) -> str:
    """What stands for an input's path in a command line."""
    return INPUT if number == 0 else f"{{input{number}}}"


def _inside(files: Sequence[Path]) -> list[str]:
    return [_INSIDE_INPUT + (str(number) if number else "") for number in range(len(files))]


def _fill(argv: Sequence[str], given: Sequence[str], out: str) -> list[str]:
    filled = []
    for argument in argv:
        text = argument.replace(OUTPUT, out)
        for number, path in enumerate(given):
            text = text.replace(input_at(number), path)
        filled.append(text)
    return filled


def _walls(given: Sequence[Path], out: Path, visible: Sequence[Path], devices: Sequence[str] = ()) -> list[str]:
    walls = [*_WALLS.split(), "--ro-bind", "/usr", "/usr"]
    for name in _MERGED:
        path = Path(name)
        if path.is_symlink():
            walls += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            walls += ["--ro-bind", name, name]
    for name in _SYSTEM:
        walls += ["--ro-bind-try", name, name]
    for path in visible:
        walls += ["--ro-bind", str(path), str(path)]
    for path, inside in zip(given, _inside(given), strict=True):
        walls += ["--ro-bind", str(path), inside]
    walls += ["--bind", str(out), _INSIDE_OUTPUT]
    closing = _CLOSING.split()
    if devices:
        # A driver finds its card by what the kernel says of it.
        shown = [flag for path in devices for flag in ("--dev-bind-try", path, path)]
        at = closing.index("--remount-ro")
        closing[at:at] = [*shown, "--ro-bind", "/sys", "/sys"]
    return [*walls, *closing]


@contextlib.contextmanager
def _filter(*, may_fork: bool) -> Iterator[tuple[int, ...]]:
    code = program(may_fork=may_fork)
    if code is None:
        yield ()
        return
    descriptor = os.memfd_create("seccomp")
    try:
        os.write(descriptor, code)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield (descriptor,)
    finally:
        os.close(descriptor)


async def _watch(
    command: list[str],
    out: Path,
    bounds: Bounds,
    descriptors: tuple[int, ...],
    hear: Callable[[bytes], None] | None,
) -> Finished:
    try:
        process = await started(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            pass_fds=descriptors,
            env={"PATH": "/usr/bin", "LANG": "C.UTF-8"},
        )
    except OSError as error:
        raise MediaRefused("media.sandbox_unavailable", setting=SETTING) from error
    assert process.stdout is not None  # noqa: S101 - asked for above
    assert process.stderr is not None  # noqa: S101
    outputs = [asyncio.ensure_future(_keep(process.stdout, hear)), asyncio.ensure_future(_keep(process.stderr))]
    try:
        ended = await _until_done(process, out, bounds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())
    stdout, stderr = await asyncio.gather(*outputs)
    return Finished(process.returncode or 0, stdout, stderr.decode("utf-8", "replace"), ended)


async def _until_done(process: asyncio.subprocess.Process, out: Path, bounds: Bounds) -> Ended:
    waiting = asyncio.ensure_future(process.wait())
    try:
        async with asyncio.timeout(bounds.seconds):
            while True:
                done, _ = await asyncio.wait([waiting], timeout=_WATCH_EVERY)
                if broken := await in_thread(_broken_bound, out, bounds):
                    return broken
                if done:
                    return Ended.itself
    except TimeoutError:
        return Ended.timed_out
    finally:
        waiting.cancel()


def _broken_bound(out: Path, bounds: Bounds) -> Ended | None:
    total = 0
    count = 0
    for folder, names, files in os.walk(out):
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - hot loop
        count += len(files) + len(names)
        if total > bounds.output_bytes or count > bounds.output_files:
            return Ended.too_much_output
    if bounds.min_free_bytes:
        room = os.statvfs(out)
        if room.f_bavail * room.f_frsize < bounds.min_free_bytes:
            return Ended.disk_full
    return None


async def _keep(stream: asyncio.StreamReader, hear: Callable[[bytes], None] | None = None) -> bytes:
    head, tail = bytearray(), bytearray()
    while block := await stream.read(65_536):
        if hear is not None:
            hear(block)
            continue
        room = _KEPT_BYTES // 2 - len(head)
        head += block[:room]
        tail = (tail + block[room:])[-(_KEPT_BYTES // 2) :]
    return bytes(head + tail)
