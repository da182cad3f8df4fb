"""What an editor is offered after an exchange: the pages that changed, with what people made on those before."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditEvent
from cms.audit.record import record
from cms.content.draft import draft_of
from cms.content.held import hold
from cms.content.models import Revision
from cms.content.queries import find
from cms.content.states import EDITABLE
from cms.content.zones import Zone
from cms.kernel.errors import Refused
from cms.kernel.ids import block_id
from cms.library.models import PageText
from cms.newspaper.carrying import Carried, Sheet, by_hand, carry, pairs, whole
from cms.newspaper.drawing import Standing
from cms.newspaper.models import PastIssue
from cms.newspaper.proposing import Printed
from cms.newspaper.zoning import issue_of
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from media.threads import in_thread

EXCHANGED: Final = "newspaper.replace"
DROPPED: Final = "newspaper.offer_drop"


@dataclass(frozen=True, slots=True)
class Offer:
    """Pages by their block: label and zones as they would be; and what became of the zones people made."""

    pages: Mapping[str, tuple[str, Sequence[Zone]]]
    stood: int
    moved: int
    check: int
    lost: int

    @property
    def count(self) -> int:
        """Zones that come over."""
        return self.stood + self.moved + self.check


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a body with what is printed on it."""

    number: int
    block: Mapping[str, Any]
    sheet: Sheet

    @property
    def asset(self) -> str:
        return str(self.block["asset"])

    @property
    def label(self) -> str:
        return str(self.block["label"])


async def offered(
    session: AsyncSession, issue: uuid.UUID, edition: uuid.UUID, body: Mapping[str, Any], *, document: str
) -> Offer | None:
    """What can be brought over into this body.

    None when nothing was exchanged, when somebody went on already, or said that nothing is wanted.
    """
    past = await session.get(PastIssue, issue)
    if past is None or past.edition_id != edition or await _is_dropped(session, document):
        return None
    revision = await session.get_one(Revision, past.revision_id)
    before, now = _blocks(draft_of(revision).body), _blocks(body)
    assets = {uuid.UUID(str(block["asset"])) for block in (*before, *now)}
    rows = await session.execute(select(PageText.asset_id, PageText.blocks).where(PageText.asset_id.in_(assets)))
    printed = {str(asset): tuple(map(Printed.read, blocks)) for asset, blocks in rows}
    return await in_thread(_offer, _pages(before, printed), _pages(now, printed))


async def drop_offer(session: AsyncSession, actor: Actor, document: str, *, now: dt.datetime) -> None:
    """Nobody is offered again what the last exchange left behind; inside a write block. Said twice, it is said once.

    Raises Denied, Refused `content.not_editable`, `newspaper.nothing_to_undo` when nothing was exchanged.
    """
    held = await find(session, actor, document)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    held = await hold(session, held.edition.id)
    if held.state not in EDITABLE:
        raise Refused("content.not_editable", state=held.edition.state)
    past = await session.get(PastIssue, (await issue_of(session, held)).id)
    if past is None or past.edition_id != held.edition.id:
        raise Refused("newspaper.nothing_to_undo")
    if not await _is_dropped(session, document):
        await record(session, actor, DROPPED, of=("document", document), unit=held.unit.path, now=now)


async def _is_dropped(session: AsyncSession, document: str) -> bool:
    """Whether the answer to the last exchange was no: the record has both, in order."""
    said = select(AuditEvent.action).where(AuditEvent.object_kind == "document", AuditEvent.object_id == document)
    last = said.where(AuditEvent.action.in_((EXCHANGED, DROPPED))).order_by(AuditEvent.seq.desc()).limit(1)
    return await session.scalar(last) == DROPPED


def _blocks(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [block for block in body["blocks"] if block["type"] == "page"]


def _pages(blocks: Sequence[Mapping[str, Any]], printed: Mapping[str, tuple[Printed, ...]]) -> list[_Page]:
    return [
        _Page(number, block, Sheet(printed.get(str(block["asset"]), ()), tuple(block["zones"])))
        for number, block in enumerate(blocks, 1)
    ]


def _offer(before: Sequence[_Page], now: Sequence[_Page]) -> Offer | None:
    standing = {page.asset for page in before} & {page.asset for page in now}
    old = [page for page in before if page.asset not in standing]
    new = [page for page in now if page.asset not in standing]
    taken = pairs([page.sheet for page in old], [page.sheet for page in new])
    found: dict[str, tuple[str, list[Zone]]] = {}
    fates: list[Carried] = []
    for at, page in enumerate(new):
        if at in taken and _is_untouched(page):
            was = old[taken[at]]
            done = carry(was.sheet, page.sheet, block_id)
            label = Standing(was.number, was.block).at(page.number)["label"]
            if done.count or label != page.label:
                fates.append(done)
                found[page.block["id"]] = (label, list(done.zones if done.count else page.sheet.zones))
    gone = [page for at, page in enumerate(old) if at not in taken.values()]
    lost = sum(len(by_hand(page.sheet)) for page in gone)
    if not found and not lost:
        return None
    pages = _continuing(found, before, now, standing)
    return Offer(
        pages,
        stood=sum(one.stood for one in fates),
        moved=sum(one.moved for one in fates),
        check=sum(one.check for one in fates),
        lost=lost,
    )


def _is_untouched(page: _Page) -> bool:
    """Whether a page is as it was drawn: from there on it is the editor's."""
    proposed = replace(page.sheet, zones=page.sheet.proposed)
    return (
        page.label == f"{page.number:02d}" and not by_hand(page.sheet) and len(proposed.zones) == len(page.sheet.zones)
    )


def _continuing(
    found: Mapping[str, tuple[str, Sequence[Zone]]],
    before: Sequence[_Page],
    now: Sequence[_Page],
    standing: Collection[str],
) -> dict[str, tuple[str, Sequence[Zone]]]:
    """The pages found, and those that stood but whose zones lost what they continue and find it again."""
    stood = {page.asset: list(page.sheet.zones) for page in before if page.asset in standing}
    every: list[tuple[_Page, str, Sequence[Zone]]] = []
    for page in now:
        label, zones = found.get(page.block["id"], (page.label, page.sheet.zones))
        whole_before = stood.get(page.asset)
        if whole_before is not None and list(zones) == _parted(whole_before, zones):
            zones = whole_before
        every.append((page, label, zones))
    made = whole(zones for _, _, zones in every)
    return {
        page.block["id"]: (label, zones)
        for (page, label, _), zones in zip(every, made, strict=True)
        if (label, zones) != (page.label, list(page.sheet.zones))
    }


def _parted(before: Sequence[Zone], now: Sequence[Zone]) -> list[Zone]:
    """The zones of before without what those continue that are marked now."""
    marked = {zone["id"] for zone in now if zone.get("check") and "of" not in zone}
    return [
        {**{key: value for key, value in zone.items() if key != "of"}, "check": True} if zone["id"] in marked else zone
        for zone in before
    ]
