"""Previews over the API: a piece or an unsaved draft drawn by its channel; and what a channel says of its own."""

from typing import Annotated, Any

from pydantic import Field

from cms.api.models import WorkingCopyGiven
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.content.draft import Draft, draft_json, read_draft
from cms.content.editing import autosave
from cms.content.held import Held
from cms.content.overrides import differing, without_the_same
from cms.content.queries import find
from cms.contract import Piece
from cms.desk import frames, pieces
from cms.desk.refusing import as_refusal
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import DomainError, NotFound
from cms.kernel.log import logger
from cms.people.permissions import Action, require_can
from cms.review.submit import preview_piece

log = logger("api.previews")


class PreviewForm(Given):
    """One way a channel shows a piece, in pixels."""

    channel: str
    form: str
    title: str
    width: int
    height: int


class PreviewForms(Given):
    """Every form that can be drawn."""

    forms: list[PreviewForm]


class PreviewDrawn(Given):
    """A document of the form's size; show it in a sandboxed frame and under `policy` (Content-Security-Policy)."""

    channel: str
    form: str
    width: int
    height: int
    media_type: str
    policy: str
    document: str


class DraftSent(Sent):
    """What is written and not saved; nothing of it is kept."""

    draft: dict[str, Any]


class OwnWords(Given):
    """What one channel says in its own words; a field that is null is the master's."""

    channel: str
    title: str | None
    summary: str | None
    cover: str | None
    body: dict[str, Any] | None
    cuts: str | None
    differs: list[str]


class OwnWordsList(Given):
    """Every channel that says something of its own, and the working copy it is written in."""

    base: str
    version: int
    channels: list[OwnWords]


class OwnWordsSent(Sent):
    """What the channel is to say; what is null or like the master's follows the master. `base`, `version`: the copy."""

    base: str
    version: int = 0
    title: Annotated[str, Field(max_length=200)] | None = None
    summary: Annotated[str, Field(max_length=2000)] | None = None
    cover: str | None = None
    body: dict[str, Any] | None = None
    cuts: Annotated[str, Field(max_length=400)] | None = None


class OwnWordsEnd(Sent):
    """The working copy it is taken out of."""

    base: str
    version: int = 0


async def list_forms(visit: Visit) -> PreviewForms:
    """The forms in which the piece can be drawn."""
    async with visit.deps.db.read() as session:
        await find(session, visit.actor, visit.part("id"))
    found = [
        PreviewForm(channel=kind, form=form.key, title=form.title, width=form.width, height=form.height)
        for kind, channel in sorted(visit.deps.channels.items())
        for form in channel.forms
        if channel.preview or visit.desk.sections.drawing(kind)
    ]
    return PreviewForms(forms=found)


async def draw_one(visit: Visit) -> PreviewDrawn:
    """The piece as the channel will show it, with what the person typed and did not save."""
    asked = frames.asked_of(visit)
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft, _, _ = await pieces.typed(session, visit, held)
        press = visit.deps.press(1)
        piece = await preview_piece(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    return await _drawn(visit, asked, piece)


async def draw_draft(visit: Visit, sent: DraftSent) -> PreviewDrawn:
    """An unsaved draft as the channel would show it."""
    asked, draft = frames.asked_of(visit), read_draft(sent.draft)
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
        press = visit.deps.press(1)
        piece = await preview_piece(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    return await _drawn(visit, asked, piece)


async def list_own_words(visit: Visit) -> OwnWordsList:
    """What single channels say in their own words, in the text the person would go on writing."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft, base, version = await pieces.typed(session, visit, held)
    named = differing(draft)
    return OwnWordsList(
        base=str(base),
        version=version,
        channels=[
            OwnWords(
                channel=channel,
                title=said.get("title"),
                summary=said.get("summary"),
                cover=said.get("cover"),
                body=said.get("body"),
                cuts=said.get("cuts"),
                differs=list(named.get(channel, ())),
            )
            for channel, said in sorted(draft.overrides.items())
        ],
    )


async def set_own_words(visit: Visit, sent: OwnWordsSent) -> WorkingCopyGiven:
    """Lets one channel say something in its own words; 409 with the newer `revision` when somebody saved meanwhile."""
    said = {name: getattr(sent, name) for name in ("title", "summary", "cover", "body", "cuts")}
    own = {name: value for name, value in said.items() if value}
    return await _keep(visit, own, base=sent.base, version=sent.version)


async def end_own_words(visit: Visit, sent: OwnWordsEnd) -> WorkingCopyGiven:
    """Lets a channel follow the master again."""
    return await _keep(visit, {}, base=sent.base, version=sent.version)


async def _keep(visit: Visit, own: dict[str, Any], *, base: str, version: int) -> WorkingCopyGiven:
    channel = visit.part("channel")
    async with visit.deps.db.write() as session:
        held: Held = await find(session, visit.actor, visit.part("id"))
        draft, _, _ = await pieces.typed(session, visit, held)
        if channel not in {*visit.deps.channels, *draft.overrides}:
            raise NotFound("kernel.not_found")
        changed = _with(draft, channel, own)
        copy = await autosave(
            session,
            visit.actor,
            held.edition.id,
            changed,
            base=as_uuid(base),
            version=version or None,
            now=visit.now,
        )
    return WorkingCopyGiven(base=str(copy.base_id), version=copy.version)


def _with(draft: Draft, channel: str, own: dict[str, Any]) -> Draft:
    """The draft with what one channel says of its own. Raises Invalid as `read_draft`."""
    whole = draft_json(draft)
    others = {name: said for name, said in whole["overrides"].items() if name != channel}
    read = draft_json(read_draft({**whole, "overrides": {**others, channel: own}}))
    return read_draft({**read, "overrides": without_the_same(read["overrides"], read)})


async def _drawn(visit: Visit, asked: frames.Asked, piece: Piece) -> PreviewDrawn:
    try:
        made = await frames.drawn(visit, asked, piece)
    except Exception as error:  # a channel's own code: its defect is a refusal of this preview
        refused = as_refusal(error)
        if refused is None:
            log.exception("a preview broke off", channel=asked.channel.kind, form=asked.form.key)
        raise refused or DomainError("desk.preview_failed") from error
    return PreviewDrawn(
        channel=asked.channel.kind,
        form=asked.form.key,
        width=made.preview.width,
        height=made.preview.height,
        media_type=made.preview.media_type,
        policy=made.policy,
        document=made.preview.data.decode("utf-8", "replace"),
    )


_ONE = "/api/v1/documents/{id}"
_FORM, _OWN = f"{_ONE}/previews/{{channel}}/{{form}}", f"{_ONE}/overrides/{{channel}}"
_READ, _EDIT = Action.DOCUMENT_READ, Action.DOCUMENT_EDIT
RESOURCES: tuple[Resource, ...] = (
    ask(f"{_ONE}/previews", list_forms, _READ, given=PreviewForms),
    ask(_FORM, draw_one, _READ, given=PreviewDrawn),
    take("POST", _FORM, draw_draft, _EDIT, sent=DraftSent, given=PreviewDrawn, is_kept=False),
    ask(f"{_ONE}/overrides", list_own_words, _READ, given=OwnWordsList),
    take("PUT", _OWN, set_own_words, _EDIT, sent=OwnWordsSent, given=WorkingCopyGiven),
    take("DELETE", _OWN, end_own_words, _EDIT, sent=OwnWordsEnd, given=WorkingCopyGiven),
)
