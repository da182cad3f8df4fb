"""Searching pieces over the API: every filter of the desk's list, the words that were found marked, page after page."""

from collections.abc import Sequence
from dataclasses import replace

from cms.api.documents import line_of
from cms.api.models import DocumentLine
from cms.api.resources import Given, Resource, ask
from cms.content.found import COUNTED, Found, excerpts
from cms.content.grams import Run, highlighted
from cms.content.queries import documents
from cms.content.states import EditionState
from cms.desk import list_filters
from cms.desk.cursors import read_cursor, write_cursor
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people.permissions import Action

_PAGE = 50
_STATES = {one.value for one in EditionState}


class TextRun(Given):
    """A part of a text; `hit` where a word of the query stands."""

    text: str
    hit: bool


class SpokenLine(Given):
    """A passage of a video's subtitles; `at_ms` is when it begins, in milliseconds of the video."""

    at_ms: int
    runs: list[TextRun]


class FoundLine(DocumentLine):
    """A piece that was found: its title, a line of its text around the words, and what a video of it says."""

    title_runs: list[TextRun]
    excerpt: list[TextRun]
    spoken: SpokenLine | None


class FoundList(Given):
    """A page of what was found, what was written last first; `total` is counted to `counted`.

    `next` is the `after` of the next page, null at the end.
    """

    documents: list[FoundLine]
    total: int
    counted: int
    next: str | None


async def search(visit: Visit) -> FoundList:
    """Finds pieces by words of title, text, source and subtitles, and by every filter of the desk's list."""
    asked = {name: visit.query(name) for name in list_filters.NAMES}
    states = [one for one in visit.query("state").split(",") if one]
    if not _STATES.issuperset(states):
        raise Invalid("api.body", fields={"state": "api.field"}, names="state")
    filters = replace(
        list_filters.read(visit, asked),
        states=frozenset(EditionState(one) for one in states),
        mine=visit.query("mine") == "1",
    )
    async with visit.deps.db.read() as session:
        after = read_cursor(visit.query("after"))
        page = await documents(session, visit.actor, filters, after=after, limit=_PAGE)
        words = filters.wanted.words
        lines = await excerpts(session, [row.edition for row in page.rows], words) if words else {}
    return FoundList(
        documents=[
            FoundLine(
                **line_of(row).model_dump(),
                title_runs=_runs(highlighted(row.title, words)),
                excerpt=_runs(lines[row.edition].line if row.edition in lines else ()),
                spoken=_spoken(lines.get(row.edition)),
            )
            for row in page.rows
        ],
        total=page.total,
        counted=COUNTED,
        next=write_cursor(page.after) or None,
    )


def _spoken(found: Found | None) -> SpokenLine | None:
    said = found.spoken if found is not None else None
    return None if said is None else SpokenLine(at_ms=said.at_ms, runs=_runs(said.runs))


def _runs(found: Sequence[Run]) -> list[TextRun]:
    return [TextRun(text=one.text, hit=one.hit) for one in found]


RESOURCES: tuple[Resource, ...] = (
    ask(
        "/api/v1/search",
        search,
        Action.DOCUMENT_READ,
        given=FoundList,
        queries=(*list_filters.NAMES, "state", "mine", "after"),
    ),
)
