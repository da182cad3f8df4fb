"""Bringing in what was written elsewhere: Word documents at once, tables after a dry run that can be undone."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from cms.content.draft import BylineDraft, Draft
from cms.content.importing import sheet_runs
from cms.content.importing.models import SheetImport
from cms.content.importing.sheet_runs import Made, SheetState, Words
from cms.content.importing.sheets import COLUMNS, Checked, Fault
from cms.content.importing.word import LIMITS, WordTaken, take_word
from cms.content.kinds import Kind
from cms.desk import labels, pieces
from cms.desk.routing import get, post
from cms.desk.uploads import blocks_of, count_intake, file_part
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Refused
from cms.kernel.messages import LANGUAGES
from cms.people.permissions import Action
from cms.people.units import unit_at
from media.errors import MediaRefused
from media.sheets import ROWS, SHEET_BYTES, read_sheet

_SHOWN: Final = 50
_TABS: Final = (("word", "/desk/imports/"), ("sheets", "/desk/imports/sheets"), ("pool", "/desk/pool/"))


def tabs(visit: Visit, current: str) -> list[dict[str, Any]]:
    """The ways in, as every page of them shows."""
    return [
        {"label": visit.t(f"desk.imports.tab.{name}"), "href": href, "is_current": name == current}
        for name, href in _TABS
    ]


async def word_page(visit: Visit) -> web.StreamResponse:
    context = {
        "tabs": tabs(visit, "word"),
        "limit": LIMITS.file_bytes,
        "too_large": dict(visit.refusal(Refused("media.too_large", limit=LIMITS.file_bytes >> 20))),
        "texts": texts(visit),
    }
    return visit.page("imports/word.html", context, section="imports")


async def word(visit: Visit) -> web.StreamResponse:
    """Takes one document as multipart field ``file``; answers {href, html}, the card of what became of it."""
    part = await file_part(visit)
    try:
        taken = await take_word(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            blocks_of(part),
            name=part.filename or "",
            size=visit.request.content_length,
            base=await begun(visit),
            now=visit.now,
        )
    except MediaRefused as refused:
        count_intake(visit, "document", refused.code)
        raise
    count_intake(visit, "document", "taken")
    html = visit.desk.render(
        "imports/taken.html", {"taken": _taken(visit, taken, part.filename or "")}, language=visit.language
    )
    return web.json_response({"href": pieces.href(taken.document), "html": html})


async def begun(visit: Visit) -> Draft:
    """What every new draft of a person begins with."""
    async with visit.deps.db.read() as session:
        place = await unit_at(session, visit.actor.unit)
    byline = BylineDraft(place.name, visit.actor.name, "", visit.deps.site.sponsor, visit.now)
    return Draft(byline=byline, channels=tuple(sorted(visit.deps.channels)))


async def sheets_page(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        found = await sheet_runs.runs(session, visit.actor)
    context = {
        "tabs": tabs(visit, "sheets"),
        "limit": SHEET_BYTES,
        "rows": ROWS,
        "columns": [names[0] for names in COLUMNS.values()],
        "too_large": dict(visit.refusal(Refused("media.too_large", limit=SHEET_BYTES >> 20))),
        "texts": texts(visit),
        "runs": [_run(visit, one) for one in found],
    }
    return visit.page("imports/sheets.html", context, section="imports")


async def template(visit: Visit) -> web.StreamResponse:
    """A table with the right columns and one example row; with a mark that makes Excel read it as UTF-8."""
    example = {"title": visit.t("desk.imports.example.title"), "body": visit.t("desk.imports.example.body")}
    async with visit.deps.db.read() as session:
        example["unit"] = (await unit_at(session, visit.actor.unit)).name
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([names[0] for names in COLUMNS.values()])
    writer.writerow([example.get(field, "") for field in COLUMNS])
    headers = {"Content-Disposition": 'attachment; filename="yunping-import.csv"', "Cache-Control": "no-store"}
    return web.Response(body=out.getvalue().encode("utf-8-sig"), content_type="text/csv", headers=headers)


async def sheet_upload(visit: Visit) -> web.StreamResponse:
    """The dry run of a table as multipart field ``file``; answers {href} of the page that shows it."""
    part = await file_part(visit)
    room = visit.deps.workshop
    try:
        rows = await read_sheet(blocks_of(part), sandbox=room.sandbox, work=room.work)
    except MediaRefused as refused:
        count_intake(visit, "sheet", refused.code)
        raise
    count_intake(visit, "sheet", "taken")
    async with visit.deps.db.write() as session:
        run = await sheet_runs.dry_run(session, visit.actor, rows, name=part.filename or "", now=visit.now)
    return web.json_response({"href": f"/desk/imports/sheets/{run.id}"})


async def sheet_page(visit: Visit) -> web.StreamResponse:
    return await _sheet(visit)


async def sheet_apply(visit: Visit) -> web.StreamResponse:
    """Every row, or none."""
    try:
        async with visit.deps.db.write() as session:
            await sheet_runs.apply(session, visit.actor, visit.uuid("run"), words_of(visit), now=visit.now)
    except Refused as error:
        return await _sheet(visit, error)
    return visit.redirect(f"/desk/imports/sheets/{visit.part('run')}", done="sheet_imported")


async def sheet_undo(visit: Visit) -> web.StreamResponse:
    try:
        async with visit.deps.db.write() as session:
            await sheet_runs.undo(session, visit.actor, visit.uuid("run"), now=visit.now)
    except Refused as error:
        return await _sheet(visit, error)
    return visit.redirect(f"/desk/imports/sheets/{visit.part('run')}", done="sheet_undone")


def words_of(visit: Visit) -> Words:
    """What a cell may call kinds and channels: their names in both languages, and their codes."""
    catalogue, deps = visit.deps.catalogue, visit.deps
    kinds: dict[str, Kind] = {kind.value: kind for kind in Kind}
    channels: dict[str, str] = {code: code for code in deps.channels}
    for language in reversed(LANGUAGES):
        kinds |= {catalogue.text(language, f"enum.Kind.{kind.name}").lower(): kind for kind in Kind}
        named = catalogue.table(language, "desk.channel.")
        channels |= {named[key].lower(): code for code in deps.channels if (key := f"desk.channel.{code}") in named}
    return Words(kinds, channels, deps.zone, deps.site.sponsor)


def texts(visit: Visit) -> dict[str, str]:
    """What the page's script says."""
    table = visit.deps.catalogue.table(visit.language, "desk.imports.script.")
    return {key.rpartition(".")[2]: text for key, text in table.items()}


def fault_of(visit: Visit, fault: Fault) -> dict[str, Any]:
    """A fault as pages and the API say it: where, what, and what to do."""
    said = labels.trouble(visit, fault.code, fault.params)
    return {"row": fault.row, "letter": fault.letter, "header": fault.header, **said}


def _taken(visit: Visit, taken: WordTaken, name: str) -> dict[str, Any]:
    edit = f"{pieces.href(taken.document)}/edit"
    return {
        "name": name,
        "title": taken.title,
        "href": edit,
        "again": taken.again,
        "blocks": taken.blocks,
        "dropped": [visit.t(f"content.dropped.{what}", count=count) for what, count in taken.dropped.items()],
        "pictures": [
            {"thumb": pieces.thumb(one.asset), "href": f"{edit}#{one.block}", "alt": one.alt} for one in taken.pictures
        ],
        "without_alt": sum(1 for one in taken.pictures if not one.alt),
    }


def _run(visit: Visit, run: SheetImport) -> dict[str, Any]:
    state = SheetState(run.state)
    return {
        "href": f"/desk/imports/sheets/{run.id}",
        "name": run.name or visit.t("desk.library.unnamed"),
        "state": state.value,
        "label": visit.t(f"enum.SheetState.{state.name}"),
        "tone": {"checked": "wait", "done": "good", "undone": "past"}[state.value],
        "at": run.created_at,
        "rows": max(0, len(run.rows) - 1),
        "documents": len(run.documents),
    }


async def _sheet(visit: Visit, error: DomainError | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        run = await sheet_runs.run_of(session, visit.actor, visit.uuid("run"))
        is_open = run.state == SheetState.CHECKED
        found = await sheet_runs.checked(session, visit.actor, run, words_of(visit), now=visit.now) if is_open else None
        made = await sheet_runs.made_by(session, run)
        units = {one.unit for one in found.entries} if found else set()
        names = await pieces.unit_names_by_id(session, units)
    context = {
        "run": _run(visit, run),
        "faults": [fault_of(visit, one) for one in found.faults[:200]] if found else [],
        "fault_count": len(found.faults) if found else 0,
        "entries": _entries(visit, found, names) if found else [],
        "good": len(found.entries) if found else 0,
        "made": _made(made),
        "may_undo": run.state == SheetState.DONE,
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("imports/sheet.html", context, section="imports", status=error.status if error else 200)


def _entries(visit: Visit, found: Checked, names: Any) -> list[dict[str, Any]]:
    return [
        {
            "row": one.row,
            "title": one.draft.title,
            "kind": labels.kind(visit, one.kind),
            "unit": names.get(one.unit, ""),
            "source": one.draft.byline.source,
            "paragraphs": len(one.draft.body["blocks"]),
        }
        for one in found.entries[:_SHOWN]
    ]


def _made(made: Sequence[Made]) -> list[dict[str, Any]]:
    return [{"href": pieces.href(one.public_id), "title": one.title, "state": one.state} for one in made]


ROUTES = (
    get("/desk/imports/", word_page, Action.DOCUMENT_CREATE),
    post("/desk/imports/word", word, Action.DOCUMENT_CREATE),
    get("/desk/imports/sheets", sheets_page, Action.DOCUMENT_CREATE),
    get("/desk/imports/template.csv", template, Action.DOCUMENT_CREATE),
    post("/desk/imports/sheets", sheet_upload, Action.DOCUMENT_CREATE),
    get("/desk/imports/sheets/{run}", sheet_page, Action.DOCUMENT_CREATE),
    post("/desk/imports/sheets/{run}/apply", sheet_apply, Action.DOCUMENT_CREATE),
    post("/desk/imports/sheets/{run}/undo", sheet_undo, Action.DOCUMENT_CREATE),
)
