"""From the text people signed to the piece a renderer draws; only names and dates are taken from anywhere else."""

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Column
from cms.contract import Piece
from cms.publishing.models import Bundle, Showing
from cms.review.models import ReleaseRow
from cms.review.pieces import piece_of
from cms.trust.release import read_release

_KEPT = 4096  # pieces of some twenty kilobytes: the newest of a large site, in less than a hundred megabytes


async def columns(session: AsyncSession) -> tuple[tuple[str, str], ...]:
    """Codes and names of the active columns, in their order."""
    query = select(Column.code, Column.name).where(Column.active).order_by(Column.position, Column.code)
    return tuple((row.code, row.name) for row in (await session.execute(query)).all())


async def column_names(session: AsyncSession) -> dict[str, str]:
    """Names of all columns, also of those switched off: pieces in them are still shown."""
    return {row.code: row.name for row in (await session.execute(select(Column.code, Column.name))).all()}


async def pieces(session: AsyncSession, shown: Sequence[Showing], kind: str) -> list[Piece]:
    """The pieces of these rows as a channel `kind` shows them, in their order.

    One without its release is a damaged database and raises KeyError.
    """
    wanted = {row.release for row in shown}
    names = await column_names(session) if wanted else {}
    query = select(ReleaseRow.hash, ReleaseRow.text, Bundle.sha256, Bundle.size).join(
        Bundle, Bundle.release == ReleaseRow.hash
    )
    found = {row.hash: row for row in (await session.execute(query.where(ReleaseRow.hash.in_(wanted)))).all()}
    result = []
    for row in shown:
        signed = found[row.release]
        piece = signed_piece(signed.text, signed.hash, signed.sha256, signed.size)
        result.append(dated(piece, row.since, row.corrected_at, names).for_channel(kind))
    return result


def dated(piece: Piece, published_at: dt.datetime, corrected_at: dt.datetime | None, names: Mapping[str, str]) -> Piece:
    """The piece with what is not signed: when it went out, and what its column is called today."""
    name = names.get(piece.column, piece.column)
    return replace(piece, published_at=published_at, corrected_at=corrected_at, column_name=name)


@functools.lru_cache(maxsize=_KEPT)
def signed_piece(text: str, release: str, bundle: str, bundle_size: int) -> Piece:
    """The piece of a release's canonical text, with the release's first allowed instant as its date."""
    return replace(piece_of(read_release(text)), release=release, bundle=bundle, bundle_size=bundle_size)


async def of_releases(session: AsyncSession, releases: Sequence[str], kind: str) -> list[Piece]:
    """The pieces of these releases as a channel `kind` shows them, in their order; an unknown one is left out."""
    query = select(ReleaseRow.hash, ReleaseRow.text, Bundle.sha256, Bundle.size)
    query = query.join(Bundle, Bundle.release == ReleaseRow.hash).where(ReleaseRow.hash.in_(releases))
    found = {row.hash: row for row in (await session.execute(query)).all()}
    names = await column_names(session) if found else {}
    every = [found[one] for one in releases if one in found]
    made = [signed_piece(row.text, row.hash, row.sha256, row.size) for row in every]
    return [dated(piece, piece.published_at, None, names).for_channel(kind) for piece in made]
