"""Readers' comments of an article that is out: opened and closed by its number at the platform."""

import dataclasses
from typing import Final

from pydantic import ValidationError

from cms.contract import ContractError, Services, Target
from renderers.wechat.client import Client
from renderers.wechat.errcodes import Held, Lost, Refusal
from renderers.wechat.notes import Notes, Superseded
from renderers.wechat.settings import settings_of

_TURNS: Final = 3


async def comments(post: str, wanted: bool | None, target: Target, services: Services) -> bool | None:  # noqa: FBT001
    """Opens or closes the comments of `post`; with None only tells how they stand, and None where that is not known.

    Raises ContractError.
    """
    try:
        settings = settings_of(target)
    except ValidationError:
        raise ContractError("wechat.setup.bad_settings", field="") from None
    notes = Notes(services.state)
    origin = await notes.origin_of(post)
    record, _ = await notes.load(origin[0]) if origin is not None and origin[1] == settings.appid else (None, 0)
    if record is None or not record.data.isdigit():
        if wanted is None:
            return None
        raise ContractError("wechat.no_comment_handle")
    if wanted is None:
        return record.talk == "open" if record.talk else settings.comments != "off"
    asked = {"msg_data_id": int(record.data), "index": 0}
    client = Client(settings, services)
    try:
        # The same twice is as once.
        await client.erase(f"/cgi-bin/comment/{'open' if wanted else 'close'}", asked)
    except Held as held:
        raise ContractError(held.outcome.code, **held.outcome.params) from None
    except Lost as lost:
        raise ContractError("wechat.comments_lost", why=lost.why) from None
    except Refusal as refusal:
        raise ContractError(refusal.rule.code, **refusal.params) from None
    await _noted(notes, origin[0] if origin else "", "open" if wanted else "closed")
    return wanted


async def _noted(notes: Notes, post: str, talk: str) -> None:
    for _ in range(_TURNS):
        record, version = await notes.load(post)
        try:
            await notes.save(post, dataclasses.replace(record, talk=talk), version=version)
        except Superseded:
            continue
        return
