"""What is older than an office keeps at hand goes into files: written, read back and checked before any row goes."""

import asyncio
import datetime as dt
import gzip
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.chain import Broken, first_broken, pages
from cms.audit.lines import json_line, read_line
from cms.audit.models import AuditArchive, AuditEvent, AuditHead
from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Refused

# 网络安全法 asks for six months; no setting goes below.
LEAST_DAYS: Final = 183
# As many events as one file holds; more make more files.
_FILE_EVENTS: Final = 50_000


async def archive_old(db: Database, folder: Path, *, keep: dt.timedelta, now: dt.datetime) -> AuditArchive | None:
    """Moves the oldest events, one file of them, out of the database; None when none is older than `keep`.

    The file holds the lines in order and is synced and read back before the rows are deleted, in one transaction with
    the note of where it ends. Raises Refused `audit.keep_too_short`, `audit.broken` when the part to go is not whole:
    what was tampered with stays where it is seen.
    """
    if keep < dt.timedelta(days=LEAST_DAYS):
        raise Refused("audit.keep_too_short", least=LEAST_DAYS)
    async with db.read() as session:
        made = await _write(session, folder, before=now - keep, now=now)
    if made is None:
        return None
    # Read back what is on the disk, not what was meant.
    if await asyncio.to_thread(check_file, folder, made) is not None:
        raise Refused("audit.archive_damaged", file=made.file)
    async with db.write() as session:
        found = (await session.execute(select(AuditHead).with_for_update())).scalar_one()
        if found.archived_seq != made.first_seq - 1:
            return None  # another worker was faster; its file holds the same lines
        session.add(made)
        found.archived_seq, found.archived_hash = made.last_seq, made.last_hash
        await session.flush()
        gone = delete(AuditEvent).where(AuditEvent.seq <= made.last_seq)
        await session.execute(gone.execution_options(synchronize_session=False))
        details = {"from": made.first_seq, "to": made.last_seq, "file": made.file, "sha256": made.sha256}
        await record(session, None, "audit.archive", of=("audit", str(made.last_seq)), details=details, now=now)
    return made


def check_file(folder: Path, one: AuditArchive) -> Broken | None:
    """Whether an archive's file still is what was written: its hash, and each line of it (blocking)."""
    path = folder / one.file
    if not path.is_file():
        return Broken(one.first_seq, "archive")
    if _sha256(path) != one.sha256:
        return Broken(one.first_seq, "archive")
    after, last = one.first_seq - 1, one.prev_hash
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            event = read_line(line)
            broken = first_broken([event], after=after, hash_before=last)
            if broken is not None:
                return broken
            after, last = event.seq, event.hash
    return None if (after, last) == (one.last_seq, one.last_hash) else Broken(after + 1, "archive")


async def archives(session: AsyncSession) -> Sequence[AuditArchive]:
    """What lies in files, newest first."""
    return (await session.execute(select(AuditArchive).order_by(AuditArchive.last_seq.desc()))).scalars().all()


async def _write(session: AsyncSession, folder: Path, *, before: dt.datetime, now: dt.datetime) -> AuditArchive | None:
    after, prev = await _end_of_last(session)
    # By when it was written down, which grows with the number; `at` may lie before or behind.
    old = select(func.max(AuditEvent.seq)).where(AuditEvent.committed_at < before)
    last = (await session.execute(old)).scalar_one_or_none()
    if last is None or last <= after:
        return None
    until = min(last, after + _FILE_EVENTS)
    name = f"audit-{after + 1:012d}-{until:012d}.jsonl.gz"
    fresh = folder / f"{name}.{os.getpid()}.new"
    await asyncio.to_thread(_begin, fresh)
    seq, at_hash, newest = after, prev, before
    async for rows in pages(session, after=after, until=until):
        broken = first_broken(rows, after=seq, hash_before=at_hash)
        if broken is not None:
            await asyncio.to_thread(fresh.unlink, missing_ok=True)
            raise Refused("audit.broken", seq=broken.seq)
        await asyncio.to_thread(_append, fresh, [json_line(row) for row in rows])
        seq, at_hash, newest = rows[-1].seq, rows[-1].hash, rows[-1].committed_at
    await asyncio.to_thread(_finish, fresh, folder / name)
    return AuditArchive(
        last_seq=seq,
        first_seq=after + 1,
        prev_hash=prev,
        last_hash=at_hash,
        until=newest,
        file=name,
        sha256=await asyncio.to_thread(_sha256, folder / name),
        created_at=now,
    )


async def _end_of_last(session: AsyncSession) -> tuple[int, str]:
    found = (await session.execute(select(AuditHead.archived_seq, AuditHead.archived_hash))).one_or_none()
    return (0, "0" * 64) if found is None else (found.archived_seq, found.archived_hash)


def _begin(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # what a run that broke off left


def _append(path: Path, lines: Sequence[str]) -> None:
    # Members of a gzip file may follow each other; mtime 0, so that the same events give the same bytes.
    with path.open("ab") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        packed.write("".join(lines).encode())


def _finish(fresh: Path, path: Path) -> None:
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
