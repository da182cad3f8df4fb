"""A finished film over the API: what a person should look at, chapter marks, and films cut out of films on the grid."""

from pydantic import Field

from cms.api.library import AssetLine, line_of
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound, Refused
from cms.library.cutting import CHAPTERS, cut_video, set_chapters
from cms.library.details import editable
from cms.library.models import VIDEO
from cms.library.queries import asset_for
from cms.people.permissions import Action
from media.cutting import MOST_PIECES, Piece
from media.house import SEGMENT_MS
from media.ladder import segments_of

_TITLE = 80


class Chapter(Sent):
    """A mark in a film; `at_ms` is milliseconds of it."""

    at_ms: int = Field(ge=0)
    title: str = Field(min_length=1, max_length=_TITLE)


class ChapterGiven(Given):
    """A mark in a film; `at_ms` is milliseconds of it."""

    at_ms: int
    title: str


class ChaptersSent(Sent):
    """All marks of a film; those that are not named are gone."""

    chapters: list[Chapter] = Field(default_factory=list, max_length=CHAPTERS)


class PieceSent(Sent):
    """Segments `first` to `end` (exclusive) of a film, each `segment_ms` long."""

    film: str = Field(min_length=1, max_length=40)
    first: int = Field(ge=0)
    end: int = Field(ge=1)


class CutSent(Sent):
    """What a new film is put together of, in this order; an empty `name` is the first film's."""

    name: str = Field(default="", max_length=200)
    pieces: list[PieceSent] = Field(min_length=1, max_length=MOST_PIECES)


class FilmTold(Given):
    """What is known of a film: stretches in milliseconds, loudness in hundredths of LKFS and dBTP, null while unknown.

    `cut_of` names the pieces it was put together of as [film, first, end].
    """

    segment_ms: int
    segments: int
    black: list[list[int]]
    frozen: list[list[int]]
    silent: list[list[int]]
    loudness: int | None
    peak: int | None
    source_loudness: int | None
    chapters: list[ChapterGiven]
    cut_of: list[list[str | int]]


async def film_one(visit: Visit) -> FilmTold:
    """What a person should look at in a film, its chapter marks and what it was cut of."""
    async with visit.deps.db.read() as session:
        asset = (await asset_for(session, visit.actor, visit.uuid("asset"))).asset
    if asset.kind != VIDEO:
        raise NotFound("library.video_unknown")
    found = asset.findings or {}
    return FilmTold(
        segment_ms=SEGMENT_MS,
        segments=segments_of(asset.duration_ms or 0),
        black=found.get("black", []),
        frozen=found.get("frozen", []),
        silent=found.get("silent", []),
        loudness=found.get("loudness", {}).get("integrated"),
        peak=found.get("loudness", {}).get("peak"),
        source_loudness=found.get("source", {}).get("integrated"),
        chapters=[ChapterGiven(at_ms=at, title=title) for at, title in asset.chapters],
        cut_of=asset.cut_of,
    )


async def write_chapters(visit: Visit, sent: ChaptersSent) -> Done:
    """Keeps the chapter marks of a film."""
    marks = [(one.at_ms, one.title) for one in sent.chapters]
    async with visit.deps.db.write() as session:
        row = await editable(session, visit.actor, visit.uuid("asset"))
        if row.kind != VIDEO:
            raise Refused("library.other_kind")
        await set_chapters(session, visit.actor, row, marks, now=visit.now)
    return Done(id=visit.part("asset"))


async def cut_film(visit: Visit, sent: CutSent) -> AssetLine:
    """A new film of whole segments of finished ones, without encoding; the films themselves stay as they are."""
    deps = visit.deps
    async with deps.db.read() as session:
        await asset_for(session, visit.actor, visit.uuid("asset"))
    pieces = [Piece(one.film, one.first, one.end) for one in sent.pieces]
    made = await cut_video(deps.db, deps.workshop, visit.actor, pieces, name=sent.name, now=visit.now)
    async with deps.db.read() as session:
        return line_of(await asset_for(session, visit.actor, made.id))


_ONE = "/api/v1/assets/{asset}"
RESOURCES: tuple[Resource, ...] = (
    ask(f"{_ONE}/film", film_one, Action.LIBRARY_READ, given=FilmTold),
    take("PUT", f"{_ONE}/chapters", write_chapters, Action.LIBRARY_EDIT, sent=ChaptersSent, given=Done),
    take("POST", f"{_ONE}/cut", cut_film, Action.LIBRARY_UPLOAD, sent=CutSent, given=AssetLine),
)
