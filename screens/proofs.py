"""Proof of play in rows: batches are kept once, counted in the order of their chain, and summed by day for good."""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.clock import to_ms
from cms.publishing.models import Bundle
from screens.proof import GENESIS, Batch, Broken, Days, Head, Refusal, count, merged, squeezed, unsqueezed
from screens.proof_rows import ProofBatch, ProofChain, ProofDay, ProofPiece, ProofPieceDay, ProofRefusal, ProofScreenDay
from screens.tables import Screen

# What is counted stays; the rows themselves are evidence until the month's report was read.
KEEP: Final = dt.timedelta(days=35)
_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch and whose it is."""

    screen: uuid.UUID
    chain: str
    batch: Batch


@dataclass(frozen=True, slots=True)
class Answer:
    """What the device is told: up to which row it may forget, and which of these rows were not counted."""

    screen: uuid.UUID
    chain: str
    upto: int
    refusals: Sequence[Refusal]


async def keep(session: AsyncSession, sent: Sequence[Sent], *, now: dt.datetime) -> Sequence[Answer]:
    """Keeps batches and counts what can be counted; call inside a write block.

    A batch that is here already changes nothing. One that comes before its predecessor waits for it. One that does
    not hang on the chain is kept as broken, and the device is told 0: it begins a new chain.
    """
    heads = await _heads(session, {one.screen for one in sent})
    waiting = await _waiting(session, heads, sent, now)
    days: dict[uuid.UUID, Days] = defaultdict(dict)
    answers: list[Answer] = []
    states: list[dict[str, Any]] = []
    for (screen, chain), batches in sorted(waiting.items()):
        head, refusals, broken = heads.get((screen, chain), Head()), list[Refusal](), False
        until = max((one.until for (of, _), one in heads.items() if of == screen), default=0)
        head = Head(head.seq, head.hash, until)
        while not broken and head.seq + 1 in batches:
            first = head.seq + 1
            try:
                made = count(head, batches[first], now=to_ms(now))
            except Broken:
                broken = True
            else:
                head = made.head
                refusals += made.refusals
                merged(days[screen], made.days)
            states.append(_state(screen, chain, first, "broken" if broken else "counted"))
        heads[screen, chain] = head
        answers.append(Answer(screen, chain, 0 if broken else head.seq, refusals[:_ROWS]))
    await _write(session, heads, answers, states, now)
    await _sum(session, days)
    return answers


async def _heads(session: AsyncSession, screens: set[uuid.UUID]) -> dict[tuple[uuid.UUID, str], Head]:
    rows = await session.execute(
        select(ProofChain.screen, ProofChain.chain, ProofChain.seq, ProofChain.head, ProofChain.until)
        .where(ProofChain.screen.in_(sorted(screens)))
        .with_for_update()
    )
    return {(screen, chain): Head(seq, head or GENESIS, until) for screen, chain, seq, head, until in rows.all()}


async def _waiting(
    session: AsyncSession, heads: Mapping[tuple[uuid.UUID, str], Head], sent: Sequence[Sent], now: dt.datetime
) -> dict[tuple[uuid.UUID, str], dict[int, Batch]]:
    """Batches by chain and first row: those that wait and those that are new; the new ones are written down."""
    chains = sorted({(one.screen, one.chain) for one in sent})
    found: dict[tuple[uuid.UUID, str], dict[int, Batch]] = {chain: {} for chain in chains}
    here: set[tuple[uuid.UUID, str, int]] = set()
    key = tuple_(ProofBatch.screen, ProofBatch.chain)
    for start in range(0, len(chains), _ROWS):
        part = chains[start : start + _ROWS]
        open_ = select(ProofBatch.screen, ProofBatch.chain, ProofBatch.first, ProofBatch.rows)
        rows = await session.execute(open_.where(key.in_(part), ProofBatch.state == "waiting"))
        for screen, chain, first, data in rows.all():
            found[screen, chain][first] = unsqueezed(data)
            here.add((screen, chain, first))
    fresh: list[dict[str, Any]] = []
    for one in sent:
        place = (one.screen, one.chain, one.batch.first)
        # What the head has passed is counted, whatever is sent under its numbers now.
        if one.batch.first <= heads.get(place[:2], Head()).seq or place in here:
            continue
        here.add(place)
        found[place[:2]][one.batch.first] = one.batch
        values = {"screen": one.screen, "chain": one.chain, "first": one.batch.first, "count": len(one.batch.rows)}
        fresh.append({**values, "state": "waiting", "at": now, "rows": squeezed(one.batch)})
    if fresh:
        insert = _upsert(session, ProofBatch)
        newer = {name: insert.excluded[name] for name in ("count", "state", "at", "rows")}
        key_of = ["screen", "chain", "first"]
        # The right rows may follow broken ones under the same number.
        where = ProofBatch.state == "broken"
        await session.execute(insert.on_conflict_do_update(index_elements=key_of, set_=newer, where=where), fresh)
    return found


async def _write(
    session: AsyncSession,
    heads: Mapping[tuple[uuid.UUID, str], Head],
    answers: Sequence[Answer],
    states: Sequence[Mapping[str, Any]],
    now: dt.datetime,
) -> None:
    table = ProofBatch.__table__
    if states:
        this = tuple(table.c[name] == _bind(name) for name in ("screen", "chain", "first"))
        connection = await session.connection()
        await connection.execute(update(ProofBatch).where(*this).values(state=_bind("state")), list(states))
    chains = [
        {"screen": one.screen, "chain": one.chain, "seq": head.seq, "head": head.hash, "until": head.until}
        for one in answers
        if (head := heads[one.screen, one.chain]).seq
    ]
    if chains:
        insert = _upsert(session, ProofChain)
        newest = {name: insert.excluded[name] for name in ("seq", "head", "until")}
        await session.execute(insert.on_conflict_do_update(index_elements=["screen", "chain"], set_=newest), chains)
    refused = [
        {"screen": one.screen, "chain": one.chain, "seq": bad.seq, "code": bad.code, "at": now, **_row(bad)}
        for one in answers
        for bad in one.refusals
    ]
    if refused:
        await session.execute(_upsert(session, ProofRefusal), refused)


async def _sum(session: AsyncSession, days: Mapping[uuid.UUID, Days]) -> None:
    """Adds to the sums by day, and remembers what new releases are called."""
    screens = sorted(screen for screen, found in days.items() if found)
    if not screens:
        return
    units = dict((await session.execute(select(Screen.id, Screen.unit).where(Screen.id.in_(screens)))).all())
    rows: list[dict[str, Any]] = [
        {"day": day, "release": release, "screen": screen, "unit": units.get(screen, "/"), "plays": plays, "ms": ms}
        for screen in screens
        for (day, release), (plays, ms) in sorted(days[screen].items())
    ]
    known = await _known(session, screens, {row["day"] for row in rows})
    await _add(session, ProofDay, ("day", "release", "screen"), rows, more=("plays", "ms"))
    pieces: dict[tuple[str, str], list[int]] = {}
    places: dict[tuple[str, uuid.UUID], list[int]] = {}
    for row in rows:
        is_new = (row["day"], row["release"], row["screen"]) not in known
        _raise(pieces, (row["day"], row["release"]), row["plays"], row["ms"], is_new)
        _raise(places, (row["day"], row["screen"]), row["plays"], row["ms"])
    by_piece = [
        {"day": day, "release": release, "plays": plays, "ms": ms, "screens": count_}
        for (day, release), (plays, ms, count_) in sorted(pieces.items())
    ]
    await _add(session, ProofPieceDay, ("day", "release"), by_piece, more=("plays", "ms", "screens"))
    by_screen = [
        {"day": day, "screen": screen, "unit": units.get(screen, "/"), "plays": plays, "ms": ms}
        for (day, screen), (plays, ms) in sorted(places.items())
    ]
    await _add(session, ProofScreenDay, ("day", "screen"), by_screen, more=("plays", "ms"))
    await _name(session, {release for found in days.values() for _, release in found})


async def _known(
    session: AsyncSession, screens: Sequence[uuid.UUID], days: Iterable[str]
) -> set[tuple[str, str, uuid.UUID]]:
    """What these screens are known to have shown on these days."""
    query = select(ProofDay.day, ProofDay.release, ProofDay.screen)
    query = query.where(ProofDay.screen.in_(screens), ProofDay.day.in_(sorted(days)))
    return {(day, release, screen) for day, release, screen in (await session.execute(query)).all()}


async def _add(
    session: AsyncSession,
    table: type[Any],
    key: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    more: Sequence[str],
) -> None:
    """Inserts sums, or adds them to those that are there."""
    insert = _upsert(session, table)
    sums = {name: getattr(table, name) + insert.excluded[name] for name in more}
    await session.execute(insert.on_conflict_do_update(index_elements=list(key), set_=sums), list(rows))


def _raise(sums: dict[Any, list[int]], key: Any, *by: int) -> None:
    sums[key] = [one + more for one, more in zip(sums.get(key, [0] * len(by)), by, strict=True)]


async def _name(session: AsyncSession, releases: Iterable[str]) -> None:
    wanted = sorted(releases)
    known = set((await session.scalars(select(ProofPiece.release).where(ProofPiece.release.in_(wanted)))).all())
    unknown = [one for one in wanted if one not in known]
    if not unknown:
        return
    texts = await session.execute(select(Bundle.release, Bundle.text).where(Bundle.release.in_(unknown)))
    rows = [_piece(release, text) for release, text in texts.all()]
    if rows:
        await session.execute(_upsert(session, ProofPiece).on_conflict_do_nothing(), rows)


async def prune_proofs(session: AsyncSession, *, now: dt.datetime) -> int:
    """Forgets rows that were counted long ago; sums, refusals and heads stay."""
    old = (ProofBatch.state == "counted", ProofBatch.at < now - KEEP)
    count_ = await session.scalar(select(func.count()).select_from(ProofBatch).where(*old)) or 0
    if count_:
        await session.execute(delete(ProofBatch).where(*old))
    return count_


def _piece(release: str, text: str) -> dict[str, Any]:
    body = json.loads(json.loads(text)["text"])
    return {
        "release": release,
        "title": body["content"]["title"][:300],
        "document": body["document"],
        "edition": body["edition"],
    }


def _state(screen: uuid.UUID, chain: str, first: int, state: str) -> dict[str, Any]:
    return {"this_screen": screen, "this_chain": chain, "this_first": first, "this_state": state}


def _row(bad: Refusal) -> dict[str, Any]:
    return {"release": bad.row.release, "start": bad.row.start, "ms": bad.row.ms}


def _bind(name: str) -> Any:
    return bindparam(f"this_{name}", type_=ProofBatch.__table__.c[name].type)


def _upsert(session: AsyncSession, table: type[Any]) -> Any:
    """An insert with the dialect's words for conflicts."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)
