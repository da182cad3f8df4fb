"""A post that followers are told of: the same draft, but its end is a message to followers (群发) and not a publishing.

    ... drafted -> SUBMITTING -> message/mass/sendall -> submitted -> message/mass/get -> live

Our key of the draft travels as `clientmsgid`, under which the platform sends once in 24 hours and names the first
message to whoever asks again (45065). What `renderers.wechat.posting` says of cuts holds here too, with one more way to
read:

| cut or lost answer | what is there | what reconcile finds and says |
|---|---|---|
| SUBMITTING, not arrived | the draft | it is still in the box when all could be over: drafted, `NotSent`, again |
| SUBMITTING, arrived | a message, no draft | asked again under the same id, which names the message: submitted |
| submitted | a message with its number | mass/get: `Accepted`, `Sent` or the refusal |

To ask again is no second message: without the draft, which was read to be gone, the platform has nothing to send.
"""

import datetime as dt
from dataclasses import replace
from typing import Final

from cms.contract import Accepted, NotSent, Outcome, Services, Unknown
from renderers.wechat import quota
from renderers.wechat.answers import Answer, identity
from renderers.wechat.client import Client
from renderers.wechat.errcodes import Class, Held, Lost, Refusal, push_code
from renderers.wechat.lists import article_with, has_draft
from renderers.wechat.notes import Notes, Record, Step
from renderers.wechat.posting import MOST_TRIES, Posting

SENDALL: Final = "/cgi-bin/message/mass/sendall"
PREFIX: Final = "mass:"
# An administrator of the account has half an hour to confirm; the draft stays in the box as long.
_CONFIRMED: Final = dt.timedelta(minutes=40)
_KNOWN: Final = dt.timedelta(hours=23)


def posting_of(  # noqa: PLR0917 - as `Posting` itself
    client: Client, services: Services, notes: Notes, post: str, record: Record, version: int
) -> Posting:
    """The work on a post in the way that was decided for it, else as the account's settings say."""
    way = record.way or ("publish" if client.settings.way == "publish" else "push")
    kind = Pushing if way == "push" else Posting
    return kind(client, services, notes, post, replace(record, way=way), version)


class Pushing(Posting):
    """The work on one post that is sent to followers."""

    async def _submit(self) -> Outcome:
        if self.record.tries >= MOST_TRIES:
            return await self._given_up(NotSent("wechat.submit_lost", retry=False, params={"tries": self.record.tries}))
        await self.client.ready()
        state, settings = self.services.state, self.client.settings
        await quota.take(state, self.record.key, settings, self.services.now())
        await self._note(replace(self.record, step=Step.SUBMITTING, tries=self.record.tries + 1))
        try:
            return await self._named(await self._asked())
        except Lost as lost:
            return Unknown(f"mass/sendall: {lost.why}")
        except Held:
            await quota.give_back(state, self.record.key)
            await self._not_submitted()
            raise
        except Refusal as refusal:
            return await self._push_refused(refusal)

    async def _asked(self) -> Answer:
        """One call under our id, or what the first of this id made. Raises Lost, Held or Refusal."""
        settings = self.client.settings
        chosen: dict[str, object] = {"is_to_all": settings.way != "push_tag"}
        if settings.way == "push_tag":
            chosen["tag_id"] = settings.push_tag
        asked = {
            "filter": chosen,
            "mpnews": {"media_id": self.record.draft},
            "msgtype": "mpnews",
            "send_ignore_reprint": 0,
            "clientmsgid": self.record.key,
        }
        try:
            answer = await self.client.act(SENDALL, asked)
        except Refusal as refusal:
            if refusal.rule.kind is not Class.DUPLICATE:
                raise
            answer = refusal.answer
        identity(answer, "msg_id")
        return answer

    async def _named(self, answer: Answer) -> Outcome:
        data = str(answer.get("msg_data_id") or "")[:40]
        await self._note(replace(self.record, step=Step.SUBMITTED, push=identity(answer, "msg_id"), data=data))
        await self.notes.drop_spare(self.record.draft)
        return await self.settle()

    async def _push_refused(self, refusal: Refusal) -> Outcome:
        again = self.record.tries > 1
        if refusal.rule.kind is Class.RATE and again:
            # «The same id too fast»: an earlier call may be the one it means.
            return Unknown(f"mass/sendall: {refusal.errcode}")
        if refusal.rule.kind is not Class.GONE or not again:
            await quota.give_back(self.services.state, self.record.key)
        return await self._submit_refused(refusal)

    # ------------------------------------------------------------ reading

    async def _look_for_article(self) -> Outcome:
        # The draft first: one that goes out meanwhile is then found by its id.
        waiting = await has_draft(self.client, self.record.draft)
        age = self.record.age(self.services.now())
        if not waiting:
            return await self._asked_again(age) if age < _KNOWN else await self._found(age)
        if age < max(_CONFIRMED, dt.timedelta(minutes=self.client.settings.settle_minutes)):
            return Unknown("push_settling")
        await quota.give_back(self.services.state, self.record.key)
        return await self._kept_for_next()

    async def _asked_again(self, age: dt.timedelta) -> Outcome:
        try:
            return await self._named(await self._asked())
        except Held as held:
            return Unknown(held.outcome.code)
        except Lost as lost:
            return Unknown(f"mass/sendall: {lost.why}")
        except Refusal as refusal:
            if refusal.rule.kind is Class.GONE:
                return await self._found(age)
            return Unknown(f"mass/sendall: {refusal.errcode}")

    async def _found(self, age: dt.timedelta) -> Outcome:
        """The article by its key, as the last way to know: the box is empty and the id says nothing (any more)."""
        found = await article_with(self.client, self.record.key, since=self.record.since)
        if found is not None:
            return await self._out(found.article, found.url, deleted=found.deleted)
        if age < _CONFIRMED:
            return Unknown("push_settling")
        return await self._given_up(NotSent("wechat.push_vanished", retry=False))

    async def _look_at_job(self) -> Outcome:
        answer = await self.client.read("/cgi-bin/message/mass/get", {"msg_id": number_of(self.record.push)})
        match str(answer.get("msg_status", "")).upper():
            case "SEND_SUCCESS" | "SEND SUCCESS":
                return await self._out(PREFIX + self.record.push, await self._url())
            case "SENDING":
                return Accepted("push_sending")
            case "DELETE" | "DELETED":
                return await self._out(PREFIX + self.record.push, "", deleted=True)
            case "SEND_FAIL" | "SEND FAIL":
                status, _ = await self.notes.push(self.record.push)
                await quota.give_back(self.services.state, self.record.key)
                return await self._given_up(NotSent(push_code(status), retry=False))
            case _:
                raise Lost("no msg_status")

    async def _url(self) -> str:
        """The article's address: as its event told it, else by its key in the list; a push without one is out, too."""
        _, url = await self.notes.push(self.record.push)
        if url:
            return url
        try:
            found = await article_with(self.client, self.record.key, since=self.record.since)
        except (Held, Lost, Refusal):
            return ""
        return found.url if found is not None else ""


def number_of(push: str) -> int | str:
    """As the platform gave it: a number."""
    return int(push) if push.isdigit() else push
