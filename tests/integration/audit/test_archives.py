"""Old parts of the record go into files and stay checkable; the end is kept outside; nothing is dropped silently."""

import datetime as dt
import gzip
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from cms.audit.archives import archive_old
from cms.audit.chain import verify_chain
from cms.audit.checking import HEADS, check_record, last_check
from cms.audit.events import Search, every_event
from cms.audit.lines import csv_head, csv_line, read_line
from cms.audit.models import AuditEvent, AuditHead
from cms.audit.record import FAILED, event_hash, record
from cms.kernel.db import Database
from cms.kernel.errors import Refused
from tests.integration.audit.test_chain import own
from tests.office import NOW

DAY = dt.timedelta(days=1)
KEEP = 200 * DAY
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def write(db: Database, at: dt.datetime, number: int = 1) -> None:
    async with db.write() as session:
        details = {"n": number, "who": "=cmd()"}
        await record(session, None, "test.done", of=("thing", str(number)), details=details, now=at, result=FAILED)


async def aged(db: Database) -> None:
    """Three old events and two of today."""
    for number in range(3):
        await write(db, NOW - 300 * DAY + number * DAY, number)
    for number in (3, 4):
        await write(db, NOW, number)


async def test_old_events_when_archived_leave_a_file_and_a_chain_that_still_holds(
    database: Database, tmp_path: Path
) -> None:
    await aged(database)
    made = await archive_old(database, tmp_path, keep=KEEP, now=NOW)
    assert made is not None
    assert (made.first_seq, made.last_seq) == (1, 3)
    with gzip.open(tmp_path / made.file, "rt", encoding="utf-8") as lines:
        kept = [read_line(line) for line in lines]
    assert [event_hash(one) for one in kept] == [one.hash for one in kept]
    assert kept[-1].hash == made.last_hash
    async with database.read() as session:
        # Two of today, and the event that says what was archived.
        assert (await session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq))).all() == [4, 5, 6]
        assert await verify_chain(session) is None
    assert (await check_record(database, tmp_path, now=NOW)).fault == ""
    assert await archive_old(database, tmp_path, keep=KEEP, now=NOW) is None
    again = await archive_old(database, tmp_path, keep=KEEP, now=NOW + KEEP + DAY)
    assert again is not None
    assert (again.first_seq, again.prev_hash) == (4, made.last_hash)
    assert (await check_record(database, tmp_path, now=NOW)).fault == ""


@on_sqlite
async def test_retention_when_under_six_months_is_refused_and_nothing_goes(database: Database, tmp_path: Path) -> None:
    await aged(database)
    with pytest.raises(Refused, match=r"audit\.keep_too_short"):
        await archive_old(database, tmp_path, keep=182 * DAY, now=NOW)
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(AuditEvent)) == 5


@on_sqlite
async def test_old_part_when_tampered_with_is_not_archived(database: Database, tmp_path: Path) -> None:
    await aged(database)
    await own(database)
    async with database.write() as session:
        await session.execute(update(AuditEvent).where(AuditEvent.seq == 2).values(actor_name="别人"))
    with pytest.raises(Refused, match=r"audit\.broken"):
        await archive_old(database, tmp_path, keep=KEEP, now=NOW)
    assert list(tmp_path.glob("audit-*")) == []


@on_sqlite
async def test_archive_when_its_file_is_changed_or_gone_is_told(database: Database, tmp_path: Path) -> None:
    await aged(database)
    made = await archive_old(database, tmp_path, keep=KEEP, now=NOW)
    assert made is not None
    path = tmp_path / made.file
    good = path.read_bytes()
    path.write_bytes(gzip.compress(gzip.decompress(good).replace(b"test.done", b"test.none")))
    assert (await check_record(database, tmp_path, now=NOW)).fault == "archive"
    path.write_bytes(good)
    assert (await check_record(database, tmp_path, now=NOW + DAY)).fault == ""
    path.unlink()
    row = await check_record(database, tmp_path, now=NOW + 2 * DAY)
    async with database.read() as session:
        newest = await last_check(session)
    assert newest is not None
    assert (newest.id, newest.fault, newest.fault_seq) == (row.id, "archive", 1)


@on_sqlite
async def test_end_when_cut_off_with_its_head_is_told_by_the_line_outside(database: Database, tmp_path: Path) -> None:
    await aged(database)
    assert (await check_record(database, tmp_path, now=NOW)).fault == ""
    # A power cut leaves half a line; the whole one before it counts.
    with (tmp_path / HEADS).open("a") as file:
        file.write('{"at":17')
    await own(database)
    async with database.write() as session:
        await session.execute(delete(AuditEvent).where(AuditEvent.seq > 3))
        last = await session.scalar(select(AuditEvent.hash).where(AuditEvent.seq == 3))
        await session.execute(update(AuditHead).values(seq=3, hash=last))
    found = await check_record(database, tmp_path, now=NOW)
    assert (found.fault, found.fault_seq) == ("truncated", 5)


@on_sqlite
async def test_row_when_deleted_with_a_forged_seam_is_told(database: Database, tmp_path: Path) -> None:
    await aged(database)
    async with database.write() as session:
        # The guard lets rows go that an archive holds; a seam without an archive is seen.
        await session.execute(text("update audit_head set archived_seq = 2"))
        await session.execute(delete(AuditEvent).where(AuditEvent.seq <= 2))
    assert (await check_record(database, tmp_path, now=NOW)).fault == "archive"


@on_sqlite
async def test_export_when_read_says_the_same_events_and_runs_no_formula(database: Database) -> None:
    await aged(database)
    async with database.read() as session:
        search = Search(result="failed", since=NOW - 299 * DAY, until=NOW, object="")
        pages = [rows async for rows in every_event(session, within=["/"], search=search, until=99)]
    assert [row.seq for rows in pages for row in rows] == [2, 3]
    line = csv_line(pages[0][0], dt.UTC)
    assert line.count(",") >= csv_head().count(",")
    event = read_line(
        '{"seq":1,"at":0,"committed_at":0,"actor":null,"name":"=1+1","session":null,"ip":"","action":"a",'
        '"result":"done","kind":"k","id":"@x","unit":"/","details":{},"prev":"0","hash":"0"}'
    )
    assert ",'=1+1," in csv_line(event, dt.UTC)
    assert ",'@x," in csv_line(event, dt.UTC)
