"""The page on which a video's subtitles are written: cues beside the film, imported, exported, checked line by line."""

import json
from typing import Any, Final

from aiohttp import web

from cms.content.search import index_spoken
from cms.desk import incoming
from cms.desk.routing import get, post
from cms.desk.uploads import blocks_of, file_part
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.library.subtitling import (
    LANGUAGES,
    SubtitlesWrong,
    cues_of,
    drop_subtitles,
    read_cues,
    read_subtitle_file,
    save_subtitles,
    track_for,
)
from cms.people.permissions import Action, Subject, can
from media.house import PLAY
from media.subtitles import Cue, Problem, clock, write_srt, write_vtt

_ONE: Final = "/desk/library/assets/{asset}/subtitles/{language}"
_WRITERS: Final = {"srt": (write_srt, "application/x-subrip"), "vtt": (write_vtt, "text/vtt")}


async def page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def save(visit: Visit) -> web.StreamResponse:
    """Keeps the cues of the page; what is wrong comes back with everything that was typed."""
    form = await visit.form()
    given, version = text(form, "cues"), text(form, "version")
    typed: object = None
    try:
        try:
            typed = json.loads(given or "[]")
        except (ValueError, RecursionError):
            typed = None
        await save_subtitles(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            visit.uuid("asset"),
            language=visit.part("language"),
            cues=read_cues(typed),
            version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
            follow=index_spoken,
            now=visit.now,
        )
    except DomainError as error:
        if not isinstance(typed, list):
            raise
        found = error.params["found"] if isinstance(error, SubtitlesWrong) else ()
        return await _page(visit, typed=typed, error=error, problems=_told(visit, found))
    return visit.redirect(_here(visit), done="subtitles_saved")


async def read_file(visit: Visit) -> web.StreamResponse:
    """Reads a file for the page, as JSON {cues, problems, words}; nothing is kept until the page is saved."""
    part = await file_part(visit)
    found = await read_subtitle_file(
        visit.deps.db, visit.actor, visit.uuid("asset"), visit.part("language"), blocks_of(part)
    )
    words = [
        visit.t("desk.subtitles.read", count=len(found.cues), form=found.form.upper(), encoding=found.encoding.upper())
    ]
    if found.encoding == "gbk":
        words.append(visit.t("desk.subtitles.read_gbk"))
    if found.dropped:
        words.append(visit.t("desk.subtitles.read_dropped", count=found.dropped))
    problems = _told(visit, found.problems)
    cues = [] if problems else [_row(cue) for cue in found.cues]
    answer = {"cues": cues, "problems": problems, "words": " ".join(words)}
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def export(visit: Visit) -> web.StreamResponse:
    """The subtitles as a file for editing programmes."""
    write, media_type = _WRITERS["srt" if visit.query("form") == "srt" else "vtt"]
    async with visit.deps.db.read() as session:
        _, track = await track_for(session, visit.actor, visit.uuid("asset"), visit.part("language"))
    ending = "srt" if write is write_srt else "vtt"
    headers = {
        "Content-Disposition": f'attachment; filename="subtitles-{visit.part("language")}.{ending}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.Response(body=write(cues_of(track)), content_type=media_type, charset="utf-8", headers=headers)


async def drop(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        video, language = visit.uuid("asset"), visit.part("language")
        await drop_subtitles(session, visit.actor, video, language, follow=index_spoken, now=visit.now)
    return visit.redirect(incoming.ASSET_PAGE.format(asset=visit.uuid("asset")), done="subtitles_dropped")


async def _page(
    visit: Visit,
    *,
    typed: list[Any] | None = None,
    error: DomainError | None = None,
    problems: list[dict[str, Any]] | None = None,
) -> web.Response:
    language = visit.part("language")
    async with visit.deps.db.read() as session:
        asset, track = await track_for(session, visit.actor, visit.uuid("asset"), language)
    subject = Subject(asset.unit_path, frozenset({asset.created_by}))
    rows = typed if typed is not None else [_row(cue) for cue in cues_of(track)]
    context = {
        "asset": {
            "name": asset.name,
            "page": incoming.ASSET_PAGE.format(asset=asset.id),
            "play": f"/desk/assets/{asset.id}/{PLAY}" if asset.state == "ready" else "",
            "length": clock(asset.duration_ms) if asset.duration_ms else "",
        },
        "languages": [
            {
                "label": visit.t(f"desk.subtitles.language.{one}"),
                "href": f"/desk/library/assets/{asset.id}/subtitles/{one}",
                "is_current": one == language,
            }
            for one in LANGUAGES
        ],
        "language": language,
        "cues": rows,
        "version": track.version if track is not None else 0,
        "has_track": track is not None,
        "href": _here(visit),
        "error": visit.refusal(error) if error else None,
        "problems": problems or [],
        "may_edit": bool(can(visit.actor, Action.LIBRARY_EDIT, subject)),
    }
    return visit.page("library/subtitles.html", context, section="library", status=error.status if error else 200)


def _told(visit: Visit, found: Any) -> list[dict[str, Any]]:
    """Problems in words, each with its line or the number of its cue."""
    problems: tuple[Problem, ...] = tuple(found)
    return [{"line": one.line, "text": visit.t(f"library.subtitle.{one.code}", **one.params)} for one in problems]


def _row(cue: Cue) -> list[str]:
    return [clock(cue.start), clock(cue.end), cue.text]


def _here(visit: Visit) -> str:
    return _ONE.format(asset=visit.uuid("asset"), language=visit.part("language"))


ROUTES = (
    get(_ONE, page, Action.LIBRARY_READ),
    post(_ONE, save, Action.LIBRARY_EDIT),
    post(f"{_ONE}/read", read_file, Action.LIBRARY_EDIT),
    get(f"{_ONE}/export", export, Action.LIBRARY_READ),
    post(f"{_ONE}/drop", drop, Action.LIBRARY_EDIT),
)
