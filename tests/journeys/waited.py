"""How long processes stood ready to run and were given no core: the part of a delay that the machine owes, not they.

A promise in seconds is one of a machine that has a core to spare. The kernel keeps for each thread how long it stood
in the queue (`schedstat`, second field, ns); on an idle machine that is next to nothing, and the promise is asserted as
it stands. Where the kernel does not say, nothing is deducted.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

PROC = Path("/proc")


def of_group(group: int) -> list[int]:
    """Every process of a process group: a whole installation, which is started as one."""
    return [pid for pid, (_, found) in _family().items() if found == group]


def below(word: str) -> list[int]:
    """Every process whose command names `word`, and all that come from them: a browser, by its profile's folder."""
    parents = {pid: parent for pid, (parent, _) in _family().items()}
    found = {pid for pid in parents if word in _read(PROC / str(pid) / "cmdline")}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def waited(pids: Iterable[int]) -> float:
    """Seconds since their start that the processes stood in the queue, each by the thread of it that stood longest."""
    return sum(max(_queued(pid), default=0) for pid in pids) / 1e9


def _queued(pid: int) -> Iterator[int]:
    for thread in (PROC / str(pid) / "task").glob("*"):
        fields = _read(thread / "schedstat").split()
        if len(fields) == 3:
            yield int(fields[1])


def _family() -> dict[int, tuple[int, int]]:
    """Parent and group of each process."""
    found = {}
    for folder in PROC.glob("[0-9]*"):
        fields = _read(folder / "stat").rpartition(")")[2].split()
        if fields:
            found[int(folder.name)] = int(fields[1]), int(fields[2])
    return found


def _read(path: Path) -> str:
    """Empty for a process that has ended meanwhile."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
