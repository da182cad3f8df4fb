"""Everything that must hold before a change is taken: every test, and beside them the gates (form, types, arrows).

`./yunping test` runs all of it and closes with one line in pytest's form. `./yunping test faults` and `soak` run the
long runs of that mark, `both` runs on PostgreSQL what a usual run shows on SQLite only; any other argument goes to
pytest as it stands, without the gates.
"""

import contextlib
import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
# Arguments of this interpreter, not scripts of the environment: those break when the checkout moves.
GATES: dict[str, tuple[str, ...]] = {
    "lint": ("-m", "ruff", "check", "."),
    "format": ("-m", "ruff", "format", "--check", "."),
    "types": ("-m", "mypy"),
    "arrows": ("-c", "from importlinter.cli import lint_imports_command as lint; lint()"),
}
# What a usual run leaves out, and how many random examples each rule gets in it.
LONG = {"faults": "long", "soak": "long", "both": "house"}
# One more than cores: the journeys, all on the last worker, wait for screens and clocks most of their time.
WORKERS = 3
# Behind the tests, which wait for a browser or a clock often enough to leave the gates their time.
_POLITE = ("nice", "-n", "15")
# Else every worker, and every process that a test starts, compiles all it imports anew: half of what collecting costs.
_KEEPING_BYTECODE = ("env", "-u", "PYTHONDONTWRITEBYTECODE")
_NO_TESTS = 5
_USUAL = "/tmp"  # noqa: S108
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of the run's own is made in it
_MEMORY_BYTES = 8 << 30
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CLOSING = re.compile(r"^=* ?(?P<counts>(?:\d+ [a-z]+(?:, )?)+) in [\d.]+s.*$")
# In the order pytest names them.
_OUTCOMES = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "errors")


@dataclass
class Tally:
    """What ran and how it ended."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def line(self, seconds: float) -> str:
        """The closing line, in pytest's form."""
        parts = [f"{self.counts[name]} {name}" for name in _OUTCOMES if self.counts[name]]
        return f" {', '.join(parts) or 'no tests ran'} in {seconds:.2f}s ".center(80, "=")


def run(args: Sequence[str]) -> int:
    """Runs what `args` ask for and returns the exit code: 0 only if every gate and every test passed."""
    if args and args[0] in LONG:
        return _pytest(["-m", args[0], "--timeout=0", f"--hypothesis-profile={LONG[args[0]]}", *args[1:]], Tally())
    if args:
        return _pytest(args, Tally())
    began = time.monotonic()
    tally = Tally()
    with ThreadPoolExecutor(1) as beside:
        gates = [beside.submit(_gate, name, command) for name, command in GATES.items()]
        unmarked = " and ".join(f"not {mark}" for mark in LONG)
        workers = ["-n", str(WORKERS), "--dist", "worksteal"]
        code = _pytest(["-m", unmarked, "-q", "--durations=12", *workers, "tests"], tally)
        if code not in {0, _NO_TESTS}:
            tally.problems.append(f"pytest ended with {code}")
    for gate in gates:
        _say(gate.result(), tally)
    for problem in tally.problems:
        click.secho(f"✗ {problem}", fg="red")
    if not tally.counts["passed"]:
        tally.problems.append("no test ran")
    click.echo(tally.line(time.monotonic() - began))
    return 1 if tally.problems else 0


@dataclass(frozen=True, slots=True)
class Gate:
    """How a gate ended."""

    name: str
    command: str
    code: int
    said: str
    seconds: float


def _gate(name: str, command: Sequence[str]) -> Gate:
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [*_POLITE, sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Gate(name, " ".join(command), done.returncode, done.stdout, time.monotonic() - began)


def _say(gate: Gate, tally: Tally) -> None:
    passed = gate.code == 0
    click.secho(f"{'✓' if passed else '✗'} {gate.name}  {gate.seconds:.1f} s", bold=True)
    if not passed:
        click.echo(gate.said)
        tally.problems.append(f"{gate.name}: {gate.command} ended with {gate.code}")


def _pytest(args: Sequence[str], tally: Tally) -> int:
    """Runs pytest with its output as it comes, adds the counts of its closing line, and returns its exit code."""
    color = "yes" if sys.stdout.isatty() else "no"
    command = [*_KEEPING_BYTECODE, *_fast_folder(), sys.executable, "-m", "pytest", f"--color={color}", *args]
    with _kept_out_of_memory(), subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:  # noqa: S603
        assert child.stdout is not None  # noqa: S101
        last = ""
        # By the byte that is there, so that the dots of a running test are seen.
        while chunk := child.stdout.read1():  # type: ignore[attr-defined]
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            last = (last + chunk.decode(errors="replace"))[-2000:]
    tally.counts += counts_of(last)
    return child.returncode


def _fast_folder() -> list[str]:
    """What comes before a command whose files may lie in memory: most tests wait for a disk to be sure.

    Empty where there is no room, or where somebody chose another folder.
    """
    if tempfile.gettempdir() != _USUAL:
        return []
    try:
        room = os.statvfs(_MEMORY)
    except OSError:
        return []
    is_usable = os.access(_MEMORY, os.W_OK) and not room.f_flag & os.ST_NOEXEC
    return ["env", f"TMPDIR={_MEMORY}"] if is_usable and room.f_bavail * room.f_frsize >= _MEMORY_BYTES else []


@contextlib.contextmanager
def _kept_out_of_memory() -> Iterator[None]:
    """Takes away what the tests left in memory, unless it was there before: then it is another run's."""
    left = _MEMORY / f"pytest-of-{getpass.getuser()}"
    is_ours = not left.exists()
    yield
    if is_ours:
        shutil.rmtree(left, ignore_errors=True)


def counts_of(output: str) -> Counter[str]:
    """The numbers of pytest's closing line, by outcome; empty when there is none.

    >>> counts_of("== 2 failed, 7 passed, 1 error in 1.5s ==")["errors"]
    1
    """
    for line in reversed(_ANSI.sub("", output).strip().splitlines()):
        if found := _CLOSING.match(line.strip()):
            pairs = (part.split(" ") for part in found["counts"].split(", "))
            singular = {"error": "errors", "warning": "warnings"}
            return Counter({singular.get(name, name): int(number) for number, name in pairs})
    return Counter()
