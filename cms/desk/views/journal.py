"""The journal of an account: every call to its platform with its end and the piece it was about, secrets masked."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import urlencode

from aiohttp import web

from cms.desk import labels
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning.targets import target_of
from cms.publishing.attempts import Made, made_of
from cms.publishing.services.account import Account
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.models import AccountEvent

Tone = Literal["good", "bad", "plain"]
SEARCHED: Final = 1000
"""So many of the newest lines are looked through."""
_PAGE: Final = 50
_WELL: Final = frozenset({"ok", "0", ""})
# Where a channel says how a call ended, the first that is there.
_ENDS: Final = ("lost", "errcode", "code", "end", "status")
_ASIDE: Final = frozenset({"path", "attempt"})


async def journal_page(visit: Visit) -> web.StreamResponse:
    words, only_bad = visit.request.query.get("q", "").strip()[:100], visit.request.query.get("bad") == "on"
    async with visit.deps.db.read() as session:
        row = await target_of(session, visit.actor, visit.part("target"))
    journal = RowJournal(Account(row.code, visit.deps.db, visit.deps.clock))
    every = await journal.newest(SEARCHED)
    found = [one for one in every if _wanted(one, words, only_bad=only_bad)]
    first = _first(visit.request.query.get("page", ""), len(found))
    shown = found[first : first + _PAGE]
    async with visit.deps.db.read() as session:
        pieces = await made_of(session, {str(one.fields["attempt"]) for one in shown if one.fields.get("attempt")})
    context = {
        "target": {"code": row.code, "name": row.name, "channel": labels.channel(visit, row.kind)},
        "events": [_line(visit, row.kind, one, pieces) for one in shown],
        "q": words,
        "only_bad": only_bad,
        "is_narrowed": bool(words or only_bad),
        "searched": SEARCHED if len(every) == SEARCHED else 0,
        "page": _pager(visit, row.code, words, first, len(found), only_bad=only_bad),
    }
    return visit.page("places/journal.html", context, section="targets")


def tone_of(fields: Mapping[str, Any]) -> Tone:
    """Whether a call went well, by what its channel noted of it; what is no call is neither. Pure.

    >>> tone_of({"path": "/cgi-bin/draft/add", "end": "ok"}), tone_of({"path": "/x", "errcode": 40164})
    ('good', 'bad')
    """
    end = next((fields[name] for name in _ENDS if fields.get(name) not in {None, ""}), None)
    if end is None:
        return "plain"
    text = str(end)
    is_http = text.isdigit() and len(text) == 3
    return "good" if text in _WELL or (is_http and text.startswith("2")) else "bad"


def _wanted(one: AccountEvent, words: str, *, only_bad: bool) -> bool:
    if only_bad and tone_of(one.fields) != "bad":
        return False
    return not words or words.lower() in f"{one.event} {json.dumps(one.fields, ensure_ascii=False)}".lower()


def _line(visit: Visit, kind: str, one: AccountEvent, pieces: Mapping[str, Made]) -> dict[str, Any]:
    made = pieces.get(str(one.fields.get("attempt", "")))
    return {
        "at": one.at,
        "event": labels.journal(visit, kind, one.event),
        "path": str(one.fields.get("path", "")),
        "tone": tone_of(one.fields),
        "piece": None if made is None else {"title": made.title, "href": f"/desk/documents/{made.document}/publish"},
        "fields": [
            (labels.known(visit, f"desk.journal.field.{name}", name), _text(value))
            for name, value in sorted(one.fields.items())
            if name not in _ASIDE and value not in {None, ""}
        ],
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _first(page: str, count: int) -> int:
    number = int(page) if page.isascii() and page.isdigit() and len(page) <= 4 else 1
    last: int = max(1, -(-count // _PAGE))
    return (min(max(number, 1), last) - 1) * _PAGE


def _pager(visit: Visit, target: str, words: str, first: int, count: int, *, only_bad: bool) -> dict[str, Any] | None:
    if count <= _PAGE:
        return None

    def address(number: int) -> str:
        asked: Sequence[tuple[str, str]] = (("q", words), ("bad", "on" if only_bad else ""), ("page", str(number)))
        return f"/desk/targets/{target}/journal?{urlencode([pair for pair in asked if pair[1]])}"

    number, last = first // _PAGE + 1, min(first + _PAGE, count)
    return {
        "first": first + 1,
        "last": last,
        "total": count,
        "text": visit.t("desk.journal.range", first=first + 1, last=last, total=count),
        "earlier": address(number - 1) if first else "",
        "later": address(number + 1) if last < count else "",
    }


ROUTES = (get("/desk/targets/{target}/journal", journal_page, Action.TARGET_MANAGE),)
