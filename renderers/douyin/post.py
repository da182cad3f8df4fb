"""Posting to Douyin exactly once.

What is remembered, in order, and where a kill or a lost answer leaves us. «upload» is the record of the payload's
upload, «attempt» that of one attempt; the create is the one call that cannot be undone.

| cut                            | left behind              | what reconcile finds and says             |
| ------------------------------ | ------------------------ | ----------------------------------------- |
| before or during the upload    | upload: parts so far     | no attempt → void → not sent, continue    |
| upload done, its answer lost   | an unused video up there | no attempt → void → not sent, continue    |
| upload noted, attempt not      | upload: video            | no attempt → void → not sent, same video  |
| attempt noted, create not made | attempt: intent          | absent twice → void → not sent            |
| create refused                 | attempt: void            | (answered at once: not sent, or a pack)   |
| create done, answer lost       | attempt: intent          | found by its video → reviewing or sent    |
| answered, not noted            | attempt: intent          | found by its video                        |
| noted                          | attempt: created         | read by item until the review ends        |
| slow sender after «void»       | attempt: void            | its compare-and-set fails: no create      |
| slow between note and create   | attempt: intent          | the next attempt has the same video, and  |
|                                |                          | the platform takes one create for a video |

Reading never sends. Where reading is impossible the outcome stays unknown, for a person to decide.
"""

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cms.contract import (
    Accepted,
    Correction,
    NotSent,
    Outcome,
    Piece,
    Prepared,
    Receipt,
    Services,
    Target,
    Unknown,
)
from renderers.douyin import attempts, readings, scan, uploads
from renderers.douyin.account import POSTS, Account, CapabilityGone, Halt, no, not_sent
from renderers.douyin.calls import call
from renderers.douyin.errors import Action, Trouble
from renderers.douyin.outbox import manual_task, take_down
from renderers.douyin.payload import Payload, prepare
from renderers.douyin.settings import Mode, Settings
from renderers.douyin.tokens import introduce, keep_fresh
from renderers.douyin.wire import JSON, Answer, Garbled, json_body

_DAY = dt.timedelta(days=1)
CREATE = "/api/douyin/v1/video/create_video/"
CREATE_STILL = "/api/douyin/v1/video/create_image_text/"
_SLOW_SECONDS = 600


@dataclass(slots=True)
class DouyinPost:
    """Implements `cms.contract.Post`; what is out can be corrected and taken down by a person only."""

    correction: Correction = Correction.MANUAL

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        """Freezes film and text, and brings the film up, so that only the create itself stands open in the ledger.

        What goes wrong on the way up is said by `send`, which continues it.
        """
        settings = Settings.model_validate(dict(target.settings))
        payload = await prepare(piece, settings, services)
        data = payload.encode()
        account = await Account.open(target, services)
        with contextlib.suppress(Halt, CapabilityGone):
            await introduce(account)
            if not await account.needs_outbox():
                await keep_fresh(account)
                await _up(account, uploads.record_of(data), payload)
        return Prepared(data)

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        account = await Account.open(target, services, attempt)
        payload = Payload.decode(prepared.payload)
        try:
            await introduce(account)
            if await account.needs_outbox():
                return await self._by_hand(account, payload, attempt)
            return await self._send(account, prepared, payload, attempt)
        except Halt as halt:
            return halt.outcome
        except CapabilityGone as gone:
            return await self._downgraded(account, gone, payload, attempt)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        record, version = await attempts.load(services, attempt)
        if record is None:
            # Nothing was created before the record; from now on nothing will be.
            if await attempts.save(services, attempt, {"state": "void"}, version=version):
                return NotSent("douyin.not_begun", retry=True)
            return Unknown("另一个发布进程正在处理")
        if record["state"] == "void":
            return NotSent("douyin.not_there", retry=True)
        account = await Account.open(target, services, attempt)
        if record["state"] == scan.OFFERED:
            return await scan.look(account, attempt, record, version=version)
        row = await readings.find(account, record)
        if isinstance(row, Unknown):
            return row
        return await _judged(services, attempt, record, row, version=version)

    async def correct(
        self,
        post: str,
        prepared: Prepared,
        attempt: str,  # noqa: ARG002 - a person makes no attempts
        target: Target,  # noqa: ARG002
        services: Services,
    ) -> Outcome:
        """The platform changes nothing that is out: a person takes the old one down and puts the new one up."""
        return await manual_task(Payload.decode(prepared.payload), services, instead_of=post)

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        return await take_down(post, await Account.open(target, services))

    async def _downgraded(self, account: Account, gone: CapabilityGone, payload: Payload, attempt: str) -> Outcome:
        """The right was refused: what is left is a person's phone, and then a person's hand."""
        await account.downgrade(gone)
        if account.settings.mode is Mode.api:
            return NotSent("douyin.rights.capability_gone", retry=False, params={"code": gone.code, "said": gone.said})
        try:
            return await self._by_hand(account, payload, attempt)
        except Halt:
            return await manual_task(payload, account.services)

    async def _by_hand(self, account: Account, payload: Payload, attempt: str) -> Outcome:
        """A code to scan where the account may have one, else the pack. Raises Halt when it is not known."""
        offered = await scan.offer(account, payload, attempt)
        return offered or await manual_task(payload, account.services)

    async def _send(self, account: Account, prepared: Prepared, payload: Payload, attempt: str) -> Outcome:
        services = account.services
        upload = uploads.record_of(prepared.payload)
        video, pictures = await _up(account, upload, payload)
        record = attempts.begun(
            video=video,
            upload=upload,
            text=payload.text,
            private=payload.private,
            since=int(account.now.timestamp()),
        )
        limit, now = account.settings.posts_a_day, services.now()
        wait = await services.budget.take(POSTS, limit=limit, per=_DAY, now=now)
        if wait is not None:
            return NotSent("douyin.own_quota", retry=True, params={"limit": limit}, wait=wait)
        if not await attempts.save(services, attempt, record, version=0):
            return NotSent("douyin.taken_over", retry=True)
        body = json_body(payload.create_body(video) if video else payload.still_body(pictures))
        answer = await call(account, CREATE if video else CREATE_STILL, body=body, content_type=JSON)
        return await _answered(account, attempt, record, answer)


async def _up(account: Account, upload: str, payload: Payload) -> tuple[str, Sequence[str]]:
    """The video that is up, or the pictures. Raises as `uploads.uploaded`."""
    if payload.pictures:
        return "", await uploads.pictures(account, upload, payload.pictures)
    return await uploads.uploaded(account, upload, sha256=payload.video, size=payload.size), ()


async def _answered(account: Account, attempt: str, record: dict[str, Any], answer: Answer | Garbled) -> Outcome:
    """What the answer to the one create means; only a certain no is «not sent»."""
    if isinstance(answer, Garbled):
        return Unknown(f"发布请求的回答丢失（{answer.why}）")
    if answer.code == 0:
        item = answer.data.get("item_id")
        if not isinstance(item, str) or not item:
            return Unknown("平台没有给出作品编号")
        await attempts.save(account.services, attempt, attempts.created(record, item), version=1)
        await uploads.mark_used(account, record["upload"])
        return Accepted(attempts.REVIEWING)
    if answer.row.action is Action.retry:
        return Unknown("平台繁忙，不能确定是否已经发布")
    if answer.row.trouble in {Trouble.parameters, Trouble.other}:
        return await _doubted(account, attempt, record, answer)
    await attempts.save(account.services, attempt, {**record, "state": "void"}, version=1)
    problem = no(answer)
    if isinstance(problem, Halt):
        return problem.outcome
    raise problem


async def _doubted(account: Account, attempt: str, record: dict[str, Any], answer: Answer) -> Outcome:
    """Refused for its content, or because the video has its post already: one reading tells which."""
    row = await readings.find(account, record)
    if isinstance(row, Unknown):
        return row
    if row is not None:
        return await _judged(account.services, attempt, record, row, version=1)
    # The video may be what it does not like; a person's next try brings it up anew.
    await uploads.mark_used(account, record["upload"])
    await attempts.save(account.services, attempt, {**record, "state": "void"}, version=1)
    return not_sent(answer.row, answer)


async def _judged(services: Services, attempt: str, record: dict[str, Any], row: Any, *, version: int) -> Outcome:
    age = services.now().timestamp() - int(record.get("since") or 0)
    if row is None and not record.get("video") and age < _SLOW_SECONDS:
        # Pictures carry no id that a second create would be refused for: a slow sender must be out of the way first.
        return Unknown(attempts.READ_AGAIN)
    judged = attempts.judge(record, row)
    if not await attempts.save(services, attempt, judged.record, version=version):
        return Unknown("另一个发布进程正在处理")
    if row is not None:
        found, upload_version = await services.state.get(record["upload"])
        if found and not found.get("used"):
            await services.state.put(record["upload"], {**found, "used": True}, version=upload_version)
    return judged.outcome
