"""The post of the channel: what the core asks for, in terms of one `Posting`.

Correction is a repost: the platform has no call that changes a published article, so the old one is deleted and the
new one published. Its address changes, and readers' comments go with the old one; the desk says so through
`Correction.REPOST`.
"""

import contextlib
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from cms.contract import (
    AssetGone,
    ContractError,
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
from renderers.wechat.article import make_article
from renderers.wechat.client import Client
from renderers.wechat.covers import make_cover
from renderers.wechat.errcodes import Class, Held, Lost, Refusal
from renderers.wechat.forms import source_url
from renderers.wechat.lists import article_at, is_gone
from renderers.wechat.notes import Notes, Record, Spare, Step, Superseded, checked_attempt
from renderers.wechat.payload import Payload, decoded
from renderers.wechat.pictures import fitting
from renderers.wechat.posting import Posting
from renderers.wechat.pushing import PREFIX, number_of, posting_of
from renderers.wechat.settings import CONSOLE, AccountSettings, settings_of
from renderers.wechat.sweeping import sweep

TAKEN_OVER: Final = "taken_over"


class WeChatPost:
    """Implements `cms.contract.Post`."""

    correction: Correction = Correction.REPOST

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        """The article and its finished pictures; nothing is asked of the platform."""
        try:
            settings = settings_of(target)
        except ValidationError:
            # `send` says it: here there is no outcome to say it with.
            settings = AccountSettings()
        article = make_article(piece, settings)
        files = {asset.sha256: asset for asset in piece.assets}
        pictures = {
            sha256: (await fitting(files[sha256], settings.picture_bytes, services)).sha256
            for sha256 in article.pictures
        }
        cover = await make_cover(piece, article.title, settings.theme, services)
        payload = Payload(
            target=target.code,
            release=piece.release,
            title=article.title,
            author=article.author,
            digest=article.digest,
            html=article.html,
            source=source_url(piece, services.site),
            pictures=pictures,
            cover=cover.sha256,
            problems=tuple((change.what, change.params) for change in article.problems),
        )
        uploads = {**dict.fromkeys(pictures.values(), "picture"), cover.sha256: "cover"}
        return Prepared(payload.encoded(), uploads)

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        attempt = checked_attempt(attempt)
        notes = Notes(services.state)
        post = hashlib.sha256(prepared.payload).hexdigest()
        try:
            client = Client(settings_of(target), services, attempt=attempt)
        except ValidationError as problem:
            return _bad_settings(problem)
        if not await notes.claim(attempt, post):
            return Unknown(TAKEN_OVER)
        await sweep(client, services, notes)
        record, version = await notes.load(post)
        posting = posting_of(client, services, notes, post, record, version)
        return await _sent(posting, decoded(prepared.payload), attempt)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        notes = Notes(services.state)
        try:
            client = Client(settings_of(target), services, attempt=attempt)
        except ValidationError as problem:
            return Unknown(_bad_settings(problem).code)
        try:
            post = await notes.post_of(attempt)
            if post is None:
                return NotSent("wechat.not_begun", retry=True)
            record, version = await notes.load(post)
            return await posting_of(client, services, notes, post, record, version).settle()
        except Superseded:
            return Unknown(TAKEN_OVER)

    async def correct(self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        """Deletes the old article, then publishes the new one; after a kill between the two, deleting is done.

        What followers were told of is published and not told again: they would be disturbed twice, out of four times.
        """
        try:
            gone = await self.recall(post, target, services)
        except ContractError as problem:
            return NotSent(problem.code, retry=True, params=problem.params)
        if gone.state != "gone":
            return NotSent("wechat.not_deleted", retry=False)
        if post.startswith(PREFIX):
            await _quietly(prepared, services)
        return await self.send(prepared, attempt, target, services)

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        """Deletes the article for good.

        Raises:
            ContractError: it may still stand; the core asks again for as long as it takes.
        """
        try:
            client = Client(settings_of(target), services)
        except ValidationError as problem:
            raise ContractError(_bad_settings(problem).code) from None
        notes = Notes(services.state)
        origin = await notes.origin_of(post)
        if origin is not None and origin[1] != client.settings.appid:
            # The account was changed since: this one would say that it has no such article.
            return _by_hand(post, services, appid=origin[1])
        try:
            article = await article_at(client, post) if post.startswith("http") else post
            if article is None:
                return _by_hand(post, services)
            await (_push_deleted if article.startswith(PREFIX) else _deleted)(client, article)
        except Held as held:
            raise ContractError(held.outcome.code, **held.outcome.params) from None
        except Lost as lost:
            raise ContractError("wechat.recall_lost", why=lost.why) from None
        except Refusal as refusal:
            if refusal.rule.kind in {Class.RIGHTS, Class.CONSOLE}:
                return _by_hand(post, services, **refusal.params)
            raise ContractError(refusal.rule.code, **refusal.params) from None
        if origin is not None:
            await _forgotten(notes, origin[0], services.now())
        await sweep(client, services, notes)
        return Receipt("gone", services.now(), (post,), detail={"article_id": article})


async def _sent(posting: Posting, payload: Payload, attempt: str) -> Outcome:
    try:
        outcome = await posting.send(payload, attempt)
    except Superseded:
        return Unknown(TAKEN_OVER)
    except Held as held:
        outcome = held.outcome
    except AssetGone as gone:
        return NotSent("wechat.asset_gone", retry=False, params={"sha256": str(gone.params.get("sha256", ""))})
    record = posting.record
    if isinstance(outcome, NotSent) and record.step is Step.DRAFTED:
        await posting.notes.add_spare(Spare(record.draft, posting.post, record.at))
    return outcome


async def _deleted(client: Client, article: str) -> None:
    """Raises Held, Lost or Refusal unless it is gone."""
    try:
        # 0 is every article of it; ours have one.
        await client.erase("/cgi-bin/freepublish/delete", {"article_id": article, "index": 0})
    except Refusal as refusal:
        if refusal.rule.kind is not Class.GONE and not await _was_gone(client, article):
            raise
    except Lost:
        if not await is_gone(client, article):
            raise


async def _push_deleted(client: Client, article: str) -> None:
    """The article behind a message to followers. Raises Held, Lost or Refusal unless it is gone."""
    asked = {"msg_id": number_of(article.removeprefix(PREFIX))}
    try:
        await client.erase("/cgi-bin/message/mass/delete", {**asked, "article_idx": 0})
    except (Lost, Refusal):
        answer = await client.read("/cgi-bin/message/mass/get", asked)
        if not str(answer.get("msg_status", "")).upper().startswith("DELETE"):
            raise


async def _quietly(prepared: Prepared, services: Services) -> None:
    """Decides, before anything of a correction is begun, that it is published without a message."""
    notes, post = Notes(services.state), hashlib.sha256(prepared.payload).hexdigest()
    record, version = await notes.load(post)
    if record.step in {Step.OPEN, Step.GONE} and record.way != "publish":
        # Somebody else writes the same.
        with contextlib.suppress(Superseded):
            await notes.save(post, dataclasses.replace(record, way="publish"), version=version)


async def _was_gone(client: Client, article: str) -> bool:
    """A refusal to delete what is deleted comes under several codes; a failure to look keeps the first refusal."""
    try:
        return await is_gone(client, article)
    except (Held, Lost, Refusal):
        return False


async def _forgotten(notes: Notes, post: str, now: dt.datetime) -> None:
    record, version = await notes.load(post)
    try:
        await notes.save(post, Record(Step.GONE, key=record.key, at=now.isoformat()), version=version)
    except Superseded:
        return


def _by_hand(post: str, services: Services, **known: object) -> Receipt:
    detail = {"task": "wechat.task.delete", "link": CONSOLE, "ask": "none", **known}
    return Receipt("manual", services.now(), (post,), detail=detail)


def _bad_settings(problem: ValidationError) -> NotSent:
    where: Mapping[str, object] = {"field": ".".join(str(part) for part in problem.errors()[0]["loc"])[:60]}
    return NotSent("wechat.setup.bad_settings", retry=False, params=where)
