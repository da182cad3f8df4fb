"""Whole-file and per-chunk SHA-256 in one pass: releases list both, players check per chunk."""

import hashlib
from dataclasses import dataclass
from typing import Final

CHUNK_BYTES: Final = 1 << 20  # frozen: releases sign one hash per 1 MiB


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a release lists about a file.

    Attributes:
        sha256: of the whole file, lower-case hexadecimal.
        size: bytes.
        chunks: sha256 of every 1 MiB chunk in order; the last may be shorter; empty file: none.
    """

    sha256: str
    size: int
    chunks: tuple[str, ...]


class ChunkHasher:
    """Feed blocks of any length with `update`, read the result with `finish`."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._chunk = hashlib.sha256()
        self._filled = 0
        self._done: list[str] = []
        self.size = 0

    def update(self, block: bytes) -> None:
        self._whole.update(block)
        self.size += len(block)
        rest = memoryview(block)
        while rest:
            piece = rest[: CHUNK_BYTES - self._filled]
            self._chunk.update(piece)
            self._filled += len(piece)
            rest = rest[len(piece) :]
            if self._filled == CHUNK_BYTES:
                self._close_chunk()

    def finish(self) -> StoredFile:
        if self._filled:
            self._close_chunk()
        return StoredFile(self._whole.hexdigest(), self.size, tuple(self._done))

    def _close_chunk(self) -> None:
        self._done.append(self._chunk.hexdigest())
        self._chunk = hashlib.sha256()
        self._filled = 0


def describe(data: bytes) -> StoredFile:
    """The `StoredFile` of bytes in memory."""
    hasher = ChunkHasher()
    hasher.update(data)
    return hasher.finish()
