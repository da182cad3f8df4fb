"""Answers by the caller's own key: what was sent twice is done once, and answered alike.

The key is written down before the work and the answer after it. A call that was broken off in between has an outcome
nobody knows: its key answers so, and never does the work again by itself.
"""

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from cms.api.rows import ApiAnswer
from cms.desk.visit import Visit
from cms.kernel.errors import Conflict, Invalid

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEEP: Final = dt.timedelta(hours=24)
_FORM: Final = re.compile(r"[\x21-\x7e]{8,100}")
# Longer than any request of ours takes; after that whoever held the key is gone.
_PATIENCE: Final = dt.timedelta(minutes=5)


async def once(visit: Visit, body: bytes, act: Callable[[], Awaitable[web.Response]]) -> web.StreamResponse:
    """What `act` answers, or what it answered to the same key before; without a key it is simply done.

    Raises Invalid `api.key_form`, Conflict `api.key_reused` for another body, `api.key_busy`, `api.key_unknown`.
    """
    key = visit.request.headers.get(HEADER)
    if key is None:
        return await act()
    if not _FORM.fullmatch(key):
        raise Invalid("api.key_form")
    secret = (visit.by_token or visit.token).encode()
    caller = hashlib.sha256(b"yunping/api-caller/1\n" + secret).hexdigest()
    said = f"{visit.request.method} {visit.request.path_qs}\n".encode() + body
    digest = hmac.new(secret, said, hashlib.sha256).hexdigest()
    before = await _begun(visit, caller, key, digest)
    if before is not None:
        return _again(before, digest, visit.now)
    here = (ApiAnswer.caller == caller, ApiAnswer.key == key)
    try:
        answer = await act()
    except Exception:
        # What was refused changed nothing: the same key may try again.
        async with visit.deps.db.write() as session:
            await session.execute(delete(ApiAnswer).where(*here))
        raise
    async with visit.deps.db.write() as session:
        await session.execute(update(ApiAnswer).where(*here).values(status=answer.status, body=answer.text))
    return answer


async def _begun(visit: Visit, caller: str, key: str, digest: str) -> ApiAnswer | None:
    """Takes the key; what is there when somebody took it before."""
    query = select(ApiAnswer).where(ApiAnswer.caller == caller, ApiAnswer.key == key)
    row = ApiAnswer(caller=caller, key=key, digest=digest, begun_at=visit.now)
    try:
        async with visit.deps.db.write() as session:
            await session.execute(delete(ApiAnswer).where(ApiAnswer.begun_at < visit.now - KEEP))
            found = (await session.scalars(query)).one_or_none()
            if found is None:
                session.add(row)
                await session.flush()
            return found
    except IntegrityError:
        async with visit.deps.db.read() as session:
            return (await session.scalars(query)).one_or_none()


def _again(before: ApiAnswer, digest: str, now: dt.datetime) -> web.Response:
    if not hmac.compare_digest(before.digest, digest):
        raise Conflict("api.key_reused")
    if before.status is None:
        if now - before.begun_at < _PATIENCE:
            raise Conflict("api.key_busy")
        raise Conflict("api.key_unknown")
    headers = {"Cache-Control": "no-store", REPLAYED: "true"}
    return web.Response(text=before.body or "", status=before.status, content_type="application/json", headers=headers)
