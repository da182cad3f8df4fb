"""One post from its payload to its article, and every point at which it can be cut.

    open -> DRAFTING -> draft/add -> drafted -> SUBMITTING -> freepublish/submit -> submitted -> freepublish/get -> live

Steps in capitals are intents, written before the call; each write is a compare-and-set on the post's record
(`notes`).

| cut or lost answer | what is there | what reconcile finds and says |
|---|---|---|
| before DRAFTING (uploads) | pictures at most | nothing begun: closed, `NotSent`, again |
| DRAFTING, draft/add not arrived | nothing | no draft with our key after a grace: record open again, `NotSent` |
| DRAFTING, draft/add arrived | a draft | the draft by its key: drafted, `NotSent`; the next send goes on with it |
| drafted | a draft | drafted, `NotSent`; the next send submits it once; nobody sends: swept from the box later |
| SUBMITTING, submit not arrived | a draft | draft but no article after the settling time: drafted, `NotSent` |
| SUBMITTING, submit arrived | a job, later an article | `Unknown` while it settles; the article by its key: `Sent` |
| SUBMITTING, arrived, then refused | nothing | neither of both after the settling time: `NotSent`, a person looks |
| submitted | a job with its id | freepublish/get: `Accepted`, `Sent` or the refusal |
| live | an article | `Sent` |

So reconcile only reads and writes notes: it never adds, submits or publishes, because it is also asked on the way to
a recall. A sender that was thought dead and wakes up fails at its next compare-and-set; a draft it may have added
meanwhile is deleted by itself or by the sweep, and a draft that was submitted is no longer in the box to be submitted
twice.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from cms.contract import Accepted, Manual, NotSent, Outcome, Sent, Services, Unknown
from renderers.wechat.answers import Answer, identity, number, secure, with_key
from renderers.wechat.article import with_pictures
from renderers.wechat.changes import STOPPING
from renderers.wechat.client import Client
from renderers.wechat.errcodes import STATUSES, Class, Held, Lost, Refusal, outcome_of
from renderers.wechat.lists import article_with, draft_with, has_draft
from renderers.wechat.multipart import json_body
from renderers.wechat.notes import Notes, Record, Spare, Step, Superseded
from renderers.wechat.payload import Payload, article_object
from renderers.wechat.settings import CONSOLE
from renderers.wechat.uploads import Uploads
from renderers.wechat.vocabulary import is_clean

# Each further submit of one draft needs proof that the last one did not arrive; more than this is no accident.
MOST_TRIES: Final = 5
_IN_PROGRESS: Final = 1
_PROBLEMS: Final = {"characters": "wechat.too_many_characters", "bytes": "wechat.too_many_bytes"}


@dataclass(slots=True)
class Posting:
    """The work on one post that is published without telling followers, from whatever its record says."""

    client: Client
    services: Services
    notes: Notes
    post: str
    record: Record
    version: int

    async def send(self, payload: Payload, attempt: str) -> Outcome:
        """Goes on to the end, or to where it is cut."""
        if self.record.step in {Step.OPEN, Step.GONE}:
            stopped = await self._draft(payload, attempt)
            if stopped is not None:
                return stopped
        if self.record.step is Step.DRAFTED:
            return await self._submit()
        return await self.settle()

    async def settle(self) -> Outcome:
        """What became of it, by reading only."""
        try:
            return await self._settled()
        except Held as held:
            return self._open(held.outcome.code)
        except Lost as lost:
            return self._open(lost.why)
        except Refusal as refusal:
            return self._open(f"{refusal.errcode} {refusal.text}")

    # ------------------------------------------------------------ draft

    async def _draft(self, payload: Payload, attempt: str) -> Outcome | None:
        """Adds the draft; None when it is there."""
        for what, params in payload.problems:
            if what in STOPPING:
                return NotSent(_PROBLEMS[what], retry=False, params=dict(params))
        uploads = Uploads(self.client, self.services)
        try:
            addresses = {placeholder: await uploads.address(sha256) for placeholder, sha256 in payload.pictures.items()}
            cover = await uploads.cover(payload.cover)
        except Refusal as refusal:
            return outcome_of(refusal, self.services.now())
        source = with_key(payload.source, attempt)
        self._check(payload, addresses, source)
        article = article_object(payload, self.client.settings, addresses=addresses, cover=cover, source=source)
        await self.client.ready()
        body = hashlib.sha256(json_body(article)).hexdigest()
        await self._note(replace(self._fresh(), step=Step.DRAFTING, key=attempt, body=body))
        try:
            answer = await self.client.act("/cgi-bin/draft/add", {"articles": [article]})
            draft = identity(answer, "media_id")
        except Lost as lost:
            return Unknown(f"draft/add: {lost.why}")
        except Held:
            await self._note(self._fresh())
            raise
        except Refusal as refusal:
            await self._note(self._fresh())
            return await self._draft_refused(refusal, uploads, payload.cover)
        await self._drafted(draft)
        return None

    def _check(self, payload: Payload, addresses: dict[str, str], source: str) -> None:
        """What is known only now: the true addresses. Raises Held."""
        html, limits = with_pictures(payload.html, addresses), self.client.settings
        if len(html) >= limits.content_characters:
            raise Held("wechat.too_many_characters", retry=False, count=len(html), limit=limits.content_characters)
        if len(html.encode()) >= limits.content_bytes:
            raise Held("wechat.too_many_bytes", retry=False, count=len(html.encode()), limit=limits.content_bytes)
        if len(source.encode()) > limits.source_url_bytes:
            raise Held("wechat.source_too_long", retry=False, limit=limits.source_url_bytes)
        if not is_clean(html, frozen=True, plain_http=limits.base_url.startswith("http://")):
            raise Held("wechat.unclean", retry=False)

    async def _draft_refused(self, refusal: Refusal, uploads: Uploads, cover: str) -> Outcome:
        if refusal.rule.kind is Class.GONE:
            # Somebody emptied the library: the cover's checkpoint is no longer true.
            await uploads.forget_cover(cover)
            return NotSent(refusal.rule.code, retry=True, params=refusal.params)
        return outcome_of(refusal, self.services.now())

    async def _drafted(self, draft: str) -> None:
        try:
            await self._note(replace(self.record, step=Step.DRAFTED, draft=draft))
        except Superseded:
            await self._remove(draft)
            raise

    # ------------------------------------------------------------ submit

    async def _submit(self) -> Outcome:
        if self.record.tries >= MOST_TRIES:
            return await self._given_up(NotSent("wechat.submit_lost", retry=False, params={"tries": self.record.tries}))
        await self.client.ready()
        await self.client.take_publish()
        draft = self.record.draft
        await self._note(replace(self.record, step=Step.SUBMITTING, tries=self.record.tries + 1))
        try:
            answer = await self.client.act("/cgi-bin/freepublish/submit", {"media_id": draft})
            publish = identity(answer, "publish_id")
        except Lost as lost:
            return Unknown(f"freepublish/submit: {lost.why}")
        except Held:
            await self._not_submitted()
            raise
        except Refusal as refusal:
            return await self._submit_refused(refusal)
        data = str(answer.get("msg_data_id") or "")[:40]
        await self._note(replace(self.record, step=Step.SUBMITTED, publish=publish, data=data))
        await self.notes.drop_spare(draft)
        return await self.settle()

    async def _not_submitted(self) -> None:
        await self._note(replace(self.record, step=Step.DRAFTED, tries=self.record.tries - 1))

    async def _submit_refused(self, refusal: Refusal) -> Outcome:
        outcome = outcome_of(refusal, self.services.now())
        if refusal.rule.kind is Class.GONE:
            if self.record.tries > 1:
                # The draft is gone: an earlier submit did arrive. Where the article is, reconcile will read.
                return Unknown(f"freepublish/submit: {refusal.errcode}")
            await self._note(self._fresh())
            return NotSent(refusal.rule.code, retry=True, params=refusal.params)
        if isinstance(outcome, Manual):
            # A person publishes this very draft in the console.
            await self._note(replace(self.record, step=Step.HANDED))
            return outcome
        if outcome.retry:
            await self._not_submitted()
            return outcome
        return await self._given_up(outcome)

    # ------------------------------------------------------------ reading

    async def _settled(self) -> Outcome:  # noqa: PLR0911 - a row for each step
        match self.record.step:
            case Step.OPEN:
                await self._note(self.record)
                return NotSent("wechat.not_begun", retry=True)
            case Step.DRAFTING:
                return await self._look_for_draft()
            case Step.DRAFTED:
                return await self._kept_for_next()
            case Step.SUBMITTING:
                return await self._look_for_article()
            case Step.SUBMITTED:
                return await self._look_at_job()
            case Step.LIVE:
                return Sent(self.record.article, self.record.url or None)
            case Step.HANDED:
                return Manual({"task": "wechat.task.publish", "link": CONSOLE, "ask": "url"})
            case Step.GONE:
                return NotSent(self.record.why or "wechat.article_gone", retry=False, params=self.record.params)

    async def _look_for_draft(self) -> Outcome:
        draft = await draft_with(self.client, self.record.key, since=self.record.since)
        if draft is not None:
            self.record = replace(self.record, draft=draft)
            return await self._kept_for_next()
        grace = dt.timedelta(seconds=self.client.settings.draft_grace_seconds)
        if self.record.age(self.services.now()) < grace:
            return Unknown("draft_settling")
        await self._note(self._fresh())
        return NotSent("wechat.draft_lost", retry=True)

    async def _kept_for_next(self) -> Outcome:
        """A draft that was not submitted: the next send goes on with it, the sweep takes it when none comes."""
        await self._note(replace(self.record, step=Step.DRAFTED))
        await self.notes.add_spare(Spare(self.record.draft, self.post, self.record.at))
        return NotSent("wechat.not_submitted", retry=True)

    async def _look_for_article(self) -> Outcome:
        # The draft first: one that is published meanwhile is then found in the list.
        waiting = await has_draft(self.client, self.record.draft)
        found = await article_with(self.client, self.record.key, since=self.record.since)
        if found is not None:
            return await self._out(found.article, found.url, deleted=found.deleted)
        if self.record.age(self.services.now()) < dt.timedelta(minutes=self.client.settings.settle_minutes):
            return Unknown("submit_settling")
        if waiting:
            return await self._kept_for_next()
        return await self._given_up(NotSent("wechat.publish_vanished", retry=False))

    async def _look_at_job(self) -> Outcome:
        try:
            answer = await self.client.read("/cgi-bin/freepublish/get", {"publish_id": self.record.publish})
        except Refusal as refusal:
            if refusal.rule.kind is not Class.GONE:
                raise
            return await self._look_for_article()
        status = number(answer.get("publish_status"))
        if status == 0:
            return await self._out(identity(answer, "article_id"), _address(answer))
        if status == _IN_PROGRESS:
            return Accepted("in_review")
        if status is None or status not in STATUSES:
            raise Lost("no publish_status")
        return await self._given_up(NotSent(STATUSES[status], retry=False))

    async def _out(self, article: str, url: str, *, deleted: bool = False) -> Outcome:
        step = Step.GONE if deleted else Step.LIVE
        await self.notes.remember_article(article, self.post, self.client.settings.appid)
        await self._note(replace(self.record, step=step, article=article, url=url))
        await self.notes.drop_spare(self.record.draft)
        if deleted:
            return NotSent("wechat.status_deleted", retry=False)
        return Sent(article, url or None)

    # ------------------------------------------------------------ ends

    async def _given_up(self, outcome: NotSent) -> Outcome:
        """Refused for good: nothing of it stays in the box of drafts; what cannot be removed now is swept later."""
        draft = self.record.draft
        await self.notes.add_spare(Spare(draft, self.post, self.services.now().isoformat()))
        await self._note(Record(Step.GONE, key=self.record.key, why=outcome.code, params=outcome.params))
        if await removed(self.client, draft):
            await self.notes.drop_spare(draft)
        return outcome

    async def _remove(self, draft: str) -> None:
        if not await removed(self.client, draft):
            await self.notes.add_spare(Spare(draft, self.post, self.services.now().isoformat()))

    def _fresh(self) -> Record:
        """Begun anew, in the way that was decided before."""
        return Record(way=self.record.way)

    def _open(self, why: str) -> Outcome:
        return Accepted(why) if self.record.step is Step.SUBMITTED else Unknown(why)

    async def _note(self, record: Record) -> None:
        record = replace(record, at=self.services.now().isoformat())
        self.version = await self.notes.save(self.post, record, version=self.version)
        self.record = record


async def removed(client: Client, draft: str) -> bool:
    """Whether a draft is out of the box now."""
    try:
        await client.erase("/cgi-bin/draft/delete", {"media_id": draft})
    except (Held, Lost):
        return False
    except Refusal as refusal:
        return refusal.rule.kind is Class.GONE
    return True


def _address(answer: Answer) -> str:
    detail = answer.get("article_detail")
    found = detail.get("item") if isinstance(detail, dict) else None
    first = found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}
    return secure(first.get("article_url"))
