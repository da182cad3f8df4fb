"""The subtitles of a video over the API: read, written, taken out of a file, handed out, taken away."""

import datetime as dt
from typing import Any

from aiohttp import BodyPartReader
from pydantic import Field

from cms.api.resources import Given, Resource, Sent, Spoken, ask, bring, speak, take
from cms.api.shapes import Done, Nothing
from cms.content.search import index_spoken
from cms.desk.uploads import blocks_of
from cms.desk.views import subtitles
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.library.subtitling import (
    SubtitlesWrong,
    cues_of,
    drop_subtitles,
    read_cues,
    read_subtitle_file,
    save_subtitles,
    track_for,
)
from cms.people.permissions import Action
from media.subtitles import MAX_CUES, Cue, clock

_MOST_NAMED = 100


class CueShape(Sent):
    """What is shown from when to when; times as ``00:01:02.500``."""

    start: str
    end: str
    text: str


class SubtitlesGiven(Given):
    """The subtitles in a language; `version` 0 and no cues where there are none."""

    language: str
    version: int
    updated_at: dt.datetime | None
    cues: list[CueShape]


class SubtitlesSent(Sent):
    """All cues; `version` is that of the subtitles somebody began with, 0 where there were none."""

    version: int = Field(default=0, ge=0)
    cues: list[CueShape] = Field(max_length=MAX_CUES)


class SubtitleProblem(Given):
    """What is wrong in which line of a file."""

    line: int
    text: str


class SubtitlesRead(Given):
    """What a file holds; nothing is kept until its cues are sent. With a problem there are none."""

    form: str
    encoding: str
    dropped: int
    cues: list[CueShape]
    problems: list[SubtitleProblem]


async def subtitles_one(visit: Visit) -> SubtitlesGiven:
    """A video's subtitles in a language."""
    async with visit.deps.db.read() as session:
        _, track = await track_for(session, visit.actor, visit.uuid("asset"), visit.part("language"))
    return SubtitlesGiven(
        language=visit.part("language"),
        version=track.version if track else 0,
        updated_at=track.updated_at if track else None,
        cues=_cues(cues_of(track)),
    )


async def write_subtitles(visit: Visit, sent: SubtitlesSent) -> SubtitlesGiven:
    """Keeps subtitles; 409 when somebody saved meanwhile, 422 with the number of each cue that is wrong."""
    try:
        await save_subtitles(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            visit.uuid("asset"),
            language=visit.part("language"),
            cues=read_cues([[one.start, one.end, one.text] for one in sent.cues]),
            follow=index_spoken,
            version=sent.version,
            now=visit.now,
        )
    except SubtitlesWrong as wrong:
        found: Any = wrong.params["found"]
        fields = {f"cues.{one.line}": f"library.subtitle.{one.code}" for one in found[:_MOST_NAMED]}
        raise Invalid("library.subtitles_wrong", fields=fields, count=len(found)) from wrong
    return await subtitles_one(visit)


async def read_file(visit: Visit, part: BodyPartReader) -> SubtitlesRead:
    """Reads an .srt or .vtt for a video; its cues are attached by sending them."""
    found = await read_subtitle_file(
        visit.deps.db, visit.actor, visit.uuid("asset"), visit.part("language"), blocks_of(part)
    )
    problems = [
        SubtitleProblem(line=one.line, text=visit.t(f"library.subtitle.{one.code}", **one.params))
        for one in found.problems
    ]
    return SubtitlesRead(
        form=found.form,
        encoding=found.encoding,
        dropped=found.dropped,
        cues=[] if problems else _cues(found.cues),
        problems=problems,
    )


async def drop_one(visit: Visit, _sent: Nothing) -> Done:
    """Takes subtitles off a video; what is signed keeps them."""
    async with visit.deps.db.write() as session:
        await drop_subtitles(
            session,
            visit.actor,
            visit.uuid("asset"),
            visit.part("language"),
            follow=index_spoken,
            now=visit.now,
        )
    return Done(id=visit.part("asset"))


def _cues(cues: tuple[Cue, ...]) -> list[CueShape]:
    return [CueShape(start=clock(one.start), end=clock(one.end), text=one.text) for one in cues]


_ONE, _EDIT = "/api/v1/assets/{asset}/subtitles/{language}", Action.LIBRARY_EDIT
RESOURCES: tuple[Resource, ...] = (
    ask(_ONE, subtitles_one, Action.LIBRARY_READ, given=SubtitlesGiven),
    take("PUT", _ONE, write_subtitles, _EDIT, sent=SubtitlesSent, given=SubtitlesGiven),
    take("DELETE", _ONE, drop_one, _EDIT, sent=Nothing, given=Done),
    bring(f"{_ONE}/read", read_file, _EDIT, given=SubtitlesRead),
    speak(
        "GET",
        f"{_ONE}/export",
        subtitles.export,
        Action.LIBRARY_READ,
        summary="The subtitles as a file, form srt or vtt.",
        spoken=Spoken(gives=("text/vtt", "application/x-subrip")),
        queries=("form",),
    ),
)
