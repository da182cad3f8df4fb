"""A conflict as the editor's page shows it: who saved what, and where their text and mine differ."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.comparing import FieldChange, Same, changed_blocks, changed_fields
from cms.content.diff import Change, Piece, text_diff
from cms.content.draft import Draft, draft_of
from cms.content.editing import working_copy
from cms.content.held import Held
from cms.desk import labels, pieces
from cms.desk.visit import Visit
from cms.kernel.clock import from_ms

_OPS: Final = {"same": "same", "added": "insert", "removed": "delete"}
_BLOCKS: Final = {"same": "same", "added": "insert", "removed": "delete", "changed": "change"}
_FILES: Final = {"cover": "picture", "narration": "narration"}
_TEXTS: Final = frozenset({"title", "subtitle", "summary", "cover_alt"})


async def with_colleague(session: AsyncSession, visit: Visit, held: Held, mine: Draft) -> Mapping[str, Any]:
    """What a colleague saved against what stands on the page."""
    saved = held.revision
    return {
        "who": await pieces.person_name(session, saved.created_by),
        "at": labels.instant(visit, saved.created_at),
        "theirs": str(saved.id),
        "version": "0",
        "is_tab": False,
        **_differences(visit, draft_of(saved), mine),
    }


async def with_other_window(session: AsyncSession, visit: Visit, held: Held, mine: Draft) -> Mapping[str, Any] | None:
    """What the same person typed in another window; None when there is nothing any more."""
    copy = await working_copy(session, held.document.id, visit.actor.person)
    if copy is None:
        return None
    other, base, version = await pieces.typed(session, visit, held)
    return {
        "who": visit.actor.name,
        "at": labels.instant(visit, copy.updated_at),
        "theirs": str(base),
        "version": str(version),
        "is_tab": True,
        **_differences(visit, other, mine),
    }


def _differences(visit: Visit, theirs: Draft, mine: Draft) -> dict[str, Any]:
    return {
        "fields": [_field(visit, one) for one in changed_fields(theirs, mine)],
        "blocks": [_block(visit, one) for one in changed_blocks(theirs.body, mine.body)],
    }


def _field(visit: Visit, found: FieldChange) -> dict[str, Any]:
    old, new = _said(visit, found.field, found.old), _said(visit, found.field, found.new)
    if found.field in _TEXTS:
        runs = [_run(one) for one in text_diff(old, new)]
    else:
        runs = [{"op": op, "text": text} for op, text in (("delete", old), ("insert", new)) if text]
    return {"label": visit.t(f"content.field.{found.field}"), "runs": runs}


def _block(visit: Visit, found: Change | Same) -> dict[str, Any]:
    if isinstance(found, Same):
        return {"op": "fold", "count": found.count}
    return {
        "op": _BLOCKS[found.how],
        "runs": [_run(one) for one in found.text],
        "moved": found.moved,
        "type": visit.t(f"content.block.{found.type}"),
    }


def _run(piece: Piece) -> dict[str, str]:
    return {"op": _OPS[piece.how], "text": piece.text}


def _said(visit: Visit, field: str, value: Any) -> str:
    """A value as people read it."""
    if not value and field != "offline":
        return "" if field in _TEXTS else visit.t("desk.conflict.nothing")
    match field:
        case "not_before" | "not_after" | "byline.date":
            return labels.instant(visit, from_ms(value))
        case "offline":
            return labels.offline(visit, value)
        case "channels":
            return visit.joined(labels.channel(visit, one) for one in value)
        case "narration" | "cover":
            return visit.t(f"desk.conflict.{_FILES[field]}", short=str(value)[-4:])
        case _:
            return _plainly(visit, value)


def _plainly(visit: Visit, value: Any) -> str:
    if isinstance(value, dict):
        named = ((labels.channel(visit, name), " / ".join(map(str, said.values()))) for name, said in value.items())
        return "；".join(f"{name}：{said}" for name, said in named)
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def base_of(text: str, held: Held) -> uuid.UUID:
    """The revision a form was written on; today's when it names none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return held.revision.id
