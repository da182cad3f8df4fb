"""A draft on the phones of testers before it is signed: one draft per piece in the box, renewed by every further trial.

It carries a key of its own, so that no post can ever be taken for it; it is never submitted, and the sweep of spare
drafts takes it out of the box a few hours later. What a lost answer left behind is found again by that key.
"""

import datetime as dt
import hashlib
import re
from typing import Any, Final

from pydantic import ValidationError

from cms.contract import AssetGone, ContractError, Piece, Services, Target
from renderers.wechat.answers import identity, with_key
from renderers.wechat.changes import STOPPING
from renderers.wechat.client import Client
from renderers.wechat.errcodes import Class, Held, Lost, Refusal
from renderers.wechat.lists import draft_with
from renderers.wechat.notes import Notes, Spare
from renderers.wechat.payload import article_object, decoded
from renderers.wechat.post import WeChatPost
from renderers.wechat.settings import AccountSettings, settings_of
from renderers.wechat.standing import TRIALS
from renderers.wechat.sweeping import sweep
from renderers.wechat.uploads import Uploads

_OPENID: Final = re.compile(r"o[A-Za-z0-9_-]{27}")
# Not a follower, a name nobody has, an openid of another account.
# 40003 stands in the documents; the other two are from memory: either way nothing was sent, and all say «this person».
_PERSON: Final = frozenset({40003, 40132, 43004})
_DAY: Final = dt.timedelta(days=1)


async def trial(piece: Piece, target: Target, services: Services) -> int:
    """Shows the piece to the account's testers and gives their number. Raises ContractError."""
    try:
        settings = settings_of(target)
    except ValidationError:
        raise ContractError("wechat.setup.bad_settings", field="") from None
    if not settings.testers:
        raise ContractError("wechat.trial_nobody")
    client = Client(settings, services, attempt="trial")
    try:
        media = await _drafted(piece, target, client, services)
        for person in settings.testers:
            await _shown(client, services, settings, media, person)
        await sweep(client, services, Notes(services.state))
    except Held as held:
        raise ContractError(held.outcome.code, **held.outcome.params) from None
    except Lost as lost:
        raise ContractError("wechat.trial_lost", why=lost.why) from None
    except Refusal as refusal:
        raise ContractError(refusal.rule.code, **refusal.params) from None
    except AssetGone as gone:
        raise ContractError("wechat.asset_gone", sha256=str(gone.params.get("sha256", ""))) from None
    return len(settings.testers)


async def _drafted(piece: Piece, target: Target, client: Client, services: Services) -> str:
    """The piece's draft for trials, as it stands now."""
    payload = decoded((await WeChatPost().prepare(piece, target, services)).payload)
    for what, params in payload.problems:
        if what in STOPPING:
            raise ContractError("wechat.trial_too_long", **params)
    uploads = Uploads(client, services)
    addresses = {placeholder: await uploads.address(sha256) for placeholder, sha256 in payload.pictures.items()}
    cover = await uploads.cover(payload.cover)
    key = "trial-" + hashlib.sha256(piece.document.encode()).hexdigest()[:24]
    source = with_key(payload.source, key)
    article = article_object(payload, client.settings, addresses=addresses, cover=cover, source=source)
    name = f"wx:{key}"
    known, version = await services.state.get(name)
    media = str((known or {}).get("draft", "")) or await _left_behind(client, known, key)
    if media and not await _renewed(client, media, article):
        media = ""
    if not media:
        begun = {"draft": "", "at": services.now().isoformat()}
        await services.state.put(name, begun, version=version)
        version += 1
        media = identity(await client.act("/cgi-bin/draft/add", {"articles": [article]}), "media_id")
    await services.state.put(name, {"draft": media, "at": services.now().isoformat()}, version=version)
    await Notes(services.state).add_spare(Spare(media, key, services.now().isoformat()))
    return media


async def _left_behind(client: Client, known: Any, key: str) -> str:
    """A draft whose answer was lost."""
    if not known:
        return ""
    return await draft_with(client, key, since=dt.datetime.fromisoformat(str(known["at"]))) or ""


async def _renewed(client: Client, media: str, article: dict[str, object]) -> bool:
    """Whether the draft is still there and holds the newest text; the same twice is as once."""
    try:
        await client.erase("/cgi-bin/draft/update", {"media_id": media, "index": 0, "articles": article})
    except Refusal as refusal:
        if refusal.rule.kind is Class.GONE:
            return False
        raise
    return True


async def _shown(client: Client, services: Services, settings: AccountSettings, media: str, person: str) -> None:
    wait = await services.budget.take(TRIALS, limit=settings.trials_a_day, per=_DAY, now=services.now())
    if wait is not None:
        raise Held(TRIALS, retry=False, wait=wait, limit=settings.trials_a_day)
    to = {"touser" if _OPENID.fullmatch(person) else "towxname": person}
    try:
        await client.act("/cgi-bin/message/mass/preview", {**to, "mpnews": {"media_id": media}, "msgtype": "mpnews"})
    except Refusal as refusal:
        if refusal.errcode in _PERSON:
            raise ContractError("wechat.trial_person", person=person, **refusal.params) from None
        raise
