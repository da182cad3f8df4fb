"""Looks whether the whole record is as it was written, and writes down where its end was, outside the database."""

import asyncio
import datetime as dt
import json
import os
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.archives import archives, check_file
from cms.audit.chain import Broken, head, verify_chain
from cms.audit.models import AuditCheck, AuditEvent, AuditHead
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.ids import uuid7

HEADS: Final = "heads.jsonl"
# The last line is enough to see a chain that was cut off or written anew; older ones are for people.
_TAIL: Final = 4096


async def check_record(db: Database, folder: Path, *, now: dt.datetime) -> AuditCheck:
    """Chain, archives and the end that was seen last time; the outcome is a row, and the new end a line of a file.

    `folder` should be copied to where whoever owns the database cannot write.
    """
    async with db.read() as session:
        # First: what is written meanwhile lies behind it.
        seq, last = await head(session)
        broken = await verify_chain(session) or await _seen_before(session, folder)
        kept = await archives(session)
    for one in reversed(kept):
        broken = broken or await asyncio.to_thread(check_file, folder, one)
    row = AuditCheck(id=uuid7(now), at=now, seq=seq, hash=last)
    if broken is not None:
        row.fault, row.fault_seq = broken.fault, broken.seq
    else:
        await asyncio.to_thread(_write_head, folder, seq, last, now)
    async with db.write() as session:
        session.add(row)
    return row


async def last_check(session: AsyncSession) -> AuditCheck | None:
    """The newest look, if there was one."""
    return (await session.execute(select(AuditCheck).order_by(AuditCheck.at.desc()).limit(1))).scalar_one_or_none()


async def _seen_before(session: AsyncSession, folder: Path) -> Broken | None:
    """An end that was seen last time must still be there, in the rows or at the seam to the archives."""
    seen = await asyncio.to_thread(_last_head, folder)
    if seen is None:
        return None
    seq, was = seen
    seam = (await session.execute(select(AuditHead.archived_seq, AuditHead.archived_hash))).one_or_none()
    if seam is not None and seq < seam.archived_seq:
        return None  # inside a file, whose lines are checked
    if seq == 0 or (seam is not None and (seq, was) == (seam.archived_seq, seam.archived_hash)):
        return None
    found = (await session.execute(select(AuditEvent.hash).where(AuditEvent.seq == seq))).scalar_one_or_none()
    if found is None:
        return Broken(seq, "truncated")
    return None if found == was else Broken(seq, "changed")


def _last_head(folder: Path) -> tuple[int, str] | None:
    try:
        with (folder / HEADS).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        try:
            found = json.loads(line)
            return int(found["seq"]), str(found["hash"])
        except (ValueError, KeyError, TypeError):
            continue  # half a line, from a power cut
    return None


def _write_head(folder: Path, seq: int, last: str, now: dt.datetime) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": to_ms(now), "seq": seq, "hash": last}, separators=(",", ":"))
    with (folder / HEADS).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
