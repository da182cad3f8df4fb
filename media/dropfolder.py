"""The drop folder: `drop/{login}/…`, where whatever lies still for two looks is taken, and names prove nothing.

Blocking; no database. Everything is reached from an open folder without following links, so that whoever may write
into the folder can show us their own files only. A taken item ends in `done/`, a refused one in `refused/` with its
reason beside it.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media.copying import copied
from media.durable import refused_when_full
from media.errors import MediaRefused

DONE: Final = "done"
REFUSED: Final = "refused"
MOST: Final = 60  # files in a dropped folder
_KEPT: Final = frozenset({DONE, REFUSED})
# What copying programs and file managers leave beside the things people mean.
_UNFINISHED: Final = (".part", ".crdownload", ".tmp", ".filepart", ".download", "~")
_CLUTTER: Final = frozenset({"thumbs.db", "desktop.ini"})
_LEAST_FREE: Final = 64 << 20
_NAME_BYTES: Final = 200
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without waiting: opening a pipe would block for its writer.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Print = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """One item of a person's folder as a look saw it: two equal ones, seconds apart, are a finished one.

    `print` has name, size, time of change (ns) and inode of each file; `trouble` the code of what cannot be taken.
    """

    login: str
    name: str
    is_folder: bool
    print: Print
    trouble: str = ""

    @property
    def size(self) -> int:
        return sum(size for _, size, _, _ in self.print)

    @property
    def is_empty(self) -> bool:
        """Nothing is there yet: somebody makes a folder first and fills it then."""
        return not self.trouble and (not self.print or any(size == 0 for _, size, _, _ in self.print))


@dataclass(frozen=True, slots=True)
class Copy:
    """A private copy of a file, and the hash it is known by, which may still be on its way."""

    path: Path
    hashing: Future[str]


class DropFolder:
    """The folder of an installation, or of a test."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def logins(self) -> list[str]:
        """Names of the folders below the root."""
        with _opened(self.root) as root:
            return sorted(name for name in _names(root) if not _is_clutter(name) and _is_folder(name, root))

    def look(self, login: str) -> list[Dropped]:
        """What lies in a person's folder now."""
        with _opened(self.root) as root, _opened(login, root) as place:
            names = sorted(name for name in _names(place) if name not in _KEPT and not _is_clutter(name))
            return [seen for name in names if (seen := _look(login, name, place)) is not None]

    def refusal(self, item: Dropped) -> MediaRefused | None:
        """Why an item cannot be taken whatever is in it."""
        if not item.trouble:
            return None
        params: dict[str, dict[str, str | int]] = {
            "media.drop_special": {"name": shown(item.name)},
            "media.drop_many": {"limit": MOST},
        }
        return MediaRefused(item.trouble, **params.get(item.trouble, {}))

    def fetch(self, item: Dropped, folder: Path, *, limit: int) -> list[Copy]:
        """Copies of the files of an item, in the order of their names.

        Raises:
            MediaRefused: `media.video_vanished` or `media.video_changed` when it is not what it was;
                `media.too_large`, `media.disk_full`.
        """
        if item.size > limit:
            raise MediaRefused("media.too_large", limit=limit >> 20)
        with _still_there(), _opened(self.root) as root, _opened(item.login, root) as place:
            if not item.is_folder:
                copies = [_copied(item.name, place, folder / "0", limit)]
            else:
                with _opened(item.name, place) as inner:
                    copies = [_copied(seen[0], inner, folder / str(n), limit) for n, seen in enumerate(item.print)]
            if _look(item.login, item.name, place) != item:
                raise MediaRefused("media.video_changed")
        return copies

    def settle(self, item: Dropped, where: str, *, note: str = "") -> None:
        """Moves an item to `done` or `refused`; a note lies beside it. One that is gone already is fine."""
        with _opened(self.root) as root, _opened(item.login, root) as place:
            with contextlib.suppress(FileExistsError):
                os.mkdir(where, 0o770, dir_fd=place)
            with _opened(where, place) as kept:
                name = _free(item.name, kept)
                if note:
                    _write(f"{_short(name)}.txt", note, kept)
                with contextlib.suppress(FileNotFoundError):
                    os.rename(item.name, name, src_dir_fd=place, dst_dir_fd=kept)


def shown(name: str) -> str:
    """A file's name as text: half characters of foreign encodings become marks."""
    return os.fsencode(name).decode("utf-8", "replace")


@contextlib.contextmanager
def _opened(name: str | Path, parent: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, _FOLDER, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


@contextlib.contextmanager
def _still_there() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaRefused("media.video_vanished") from error


def _is_clutter(name: str) -> bool:
    low = name.lower()
    return low.startswith((".", "~$")) or low.endswith(_UNFINISHED) or low in _CLUTTER


def _is_folder(name: str, parent: int) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    return False


def _look(login: str, name: str, place: int) -> Dropped | None:
    """None where it vanished meanwhile."""
    try:
        seen = os.stat(name, dir_fd=place, follow_symlinks=False)
        if stat.S_ISREG(seen.st_mode):
            return Dropped(login, name, is_folder=False, print=(_print(name, seen),))
        if stat.S_ISDIR(seen.st_mode):
            return _look_inside(login, name, place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Dropped(login, name, is_folder=False, print=(_print(name, seen),), trouble="media.drop_special")


def _look_inside(login: str, name: str, place: int) -> Dropped:
    found, trouble = [], ""
    with _opened(name, place) as inner:
        for one in sorted(_names(inner)):
            if _is_clutter(one):
                continue
            seen = os.stat(one, dir_fd=inner, follow_symlinks=False)
            if not stat.S_ISREG(seen.st_mode):
                trouble = "media.drop_nested" if stat.S_ISDIR(seen.st_mode) else "media.drop_special"
            found.append(_print(one, seen))
    if len(found) > MOST:
        trouble = trouble or "media.drop_many"
    return Dropped(login, name, is_folder=True, print=tuple(found), trouble=trouble)


def _print(name: str, seen: os.stat_result) -> tuple[str, int, int, int]:
    return name, seen.st_size, seen.st_mtime_ns, seen.st_ino


def _copied(name: str, place: int, to: Path, limit: int) -> Copy:
    """A private copy: what we look at cannot be changed by whoever dropped it."""
    try:
        source = os.open(name, _FILE, dir_fd=place)
    except OSError as error:
        raise MediaRefused("media.video_vanished") from error

    def each(size: int) -> None:
        if size > limit:
            raise MediaRefused("media.too_large", limit=limit >> 20)
        if shutil.disk_usage(to.parent).free < _LEAST_FREE:
            raise MediaRefused("media.disk_full")

    with os.fdopen(source, "rb", buffering=0), refused_when_full():
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise MediaRefused("media.drop_special", name=shown(name))
        return Copy(to, copied(source, to, each=each))


def _free(name: str, kept: int) -> str:
    """`name`, or `name (2)`…, which nothing in the folder has."""
    taken = set(_names(kept))
    stem, dot, suffix = name.rpartition(".") if "." in name[1:] else (name, "", "")
    return next(
        one
        for number in range(1, len(taken) + 2)
        if (one := name if number == 1 else f"{_short(stem)} ({number}){dot}{suffix}") not in taken
    )


def _short(name: str) -> str:
    """No longer than leaves room for what is added, in whole characters."""
    return os.fsencode(name)[:_NAME_BYTES].decode("utf-8", "ignore") or "item"


def _write(name: str, text: str, kept: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with (
        contextlib.suppress(OSError),
        os.fdopen(os.open(name, flags, 0o660, dir_fd=kept), "w", encoding="utf-8") as file,
    ):
        file.write(text)
