"""The guard's memory: an append-only file of hash-chained lines, on disk before any answer leaves.

A line is the canonical text of {seq, at, entries: [{kind, data}], prev}; `prev` is the sha256 of the line before. What
belongs together is one line, so that a power cut leaves all of it or nothing. Starting is recovery: a torn last line,
which nobody was answered for, is cut off; anything else out of order stops the start.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cms.guard.durable import PRIVATE, sync_directory
from cms.guard.errors import GuardRefused
from cms.guard.reserve import FULL
from cms.trust.canonical import decode, encode
from cms.trust.errors import TrustError
from cms.trust.keys import sha256
from cms.trust.shape import Code, Count, Hash, Ms, read

FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Record:
    """One change of the state: `kind` says how it reads `data`; `at` in ms."""

    at: int
    kind: str
    data: Any


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: Code
    data: object


@dataclass(frozen=True, slots=True)
class _Line:
    seq: Count
    at: Ms
    entries: tuple[_Entry, ...]
    prev: Hash


class Journal:
    """The open file. `records` gives what it held at the start; one process holds it at a time (see `lock`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._broken = False
        created = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE)
        if created:
            sync_directory(path.parent)
        self.seq = 0
        self.head = FIRST
        self._size = 0

    def records(self) -> Iterator[Record]:
        """Every record, checked link by link; call once, before the first append.

        Raises:
            GuardRefused: `guard.journal_damaged` with the number of the first bad line.
        """
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break  # torn: it was never acknowledged
                records = self._checked(line, number)
                self._size += len(line)
                yield from records
        os.ftruncate(self._file, self._size)
        os.fsync(self._file)

    def append(self, entries: Sequence[tuple[str, Any]], *, at: int) -> list[Record]:
        """Writes and syncs the entries as one line.

        Raises:
            GuardRefused: `guard.disk_full`; `guard.journal_failed` when the disk no longer tells the truth.
        """
        if self._broken:
            raise GuardRefused("guard.journal_failed")
        told = [{"kind": kind, "data": data} for kind, data in entries]
        line = encode({"seq": self.seq + 1, "at": at, "entries": told, "prev": self.head}).encode()
        self._write(line + b"\n")
        self.seq, self.head = self.seq + 1, sha256(line)
        self._size += len(line) + 1
        return [Record(at, kind, data) for kind, data in entries]

    def close(self) -> None:
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        done = 0
        try:
            while done < len(line):
                done += os.write(self._file, line[done:])
            os.fsync(self._file)
        except OSError as error:
            self._undo()
            if error.errno in FULL:
                raise GuardRefused("guard.disk_full") from error
            # after a failed sync the kernel may have dropped pages it still calls clean: only a restart can tell
            self._broken = True
            raise GuardRefused("guard.journal_failed") from error

    def _undo(self) -> None:
        try:
            os.ftruncate(self._file, self._size)
            os.fsync(self._file)
        except OSError:
            self._broken = True

    def _checked(self, line: bytes, number: int) -> list[Record]:
        try:
            told = read(_Line, decode(line[:-1]), "line")
        except TrustError as error:
            raise GuardRefused("guard.journal_damaged", line=number) from error
        if told.prev != self.head or told.seq != self.seq + 1:
            raise GuardRefused("guard.journal_damaged", line=number)
        self.seq, self.head = told.seq, sha256(line[:-1])
        return [Record(told.at, entry.kind, entry.data) for entry in told.entries]
