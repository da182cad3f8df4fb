"""How one claimed delivery ended, written on its row and as its receipt; dropped when the lease was lost."""

import datetime as dt
import random
from collections.abc import Mapping
from typing import Any, Final, assert_never

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms import contract
from cms.audit.record import record
from cms.kernel import leases
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.planning.models import Target
from cms.publishing.accounts import mended_by_administrator, pause
from cms.publishing.alarming import delivery_is_well, tell_of_account, tell_of_delivery
from cms.publishing.attempts import SETTLED, close
from cms.publishing.context import TAKEN_DOWN, Context
from cms.publishing.ledger import LeaseLost
from cms.publishing.models import Delivery, Receipt
from cms.publishing.run import Again, Done, Failed, Open, Result
from cms.publishing.states import TAKES_OFF, DeliveryState, PublicationKind, look_again
from cms.publishing.workshop import Workshop

_OVERTAKEN: Final[Mapping[str, str]] = {
    PublicationKind.RECALL: "publishing.recalled",
    PublicationKind.UNPUBLISH: "publishing.ended",
}
# What people ordered about a piece; a target that renews its pages is no news.
_NEWS: Final = frozenset(
    {PublicationKind.PUBLISH, PublicationKind.CORRECT, PublicationKind.UNPUBLISH, PublicationKind.RECALL}
)
_BAD: Final = frozenset({DeliveryState.FAILED, DeliveryState.MISSED})


class Settling:
    """Ends the work on a claimed delivery."""

    def __init__(self, shop: Workshop, held: leases.Claim, rules: leases.LeaseRules) -> None:
        self._shop = shop
        self._held = held
        self._rules = rules

    async def settle(self, context: Context, result: Result) -> None:
        """Raises LeaseLost when a receipt may not be written any more."""
        if isinstance(result, Again | Failed):
            if mended_by_administrator(result.code):
                await self._pause(context, result)
            if not _is_known(result) and await self._is_open():
                await self._still_open(context, result)
                return
        match result:
            case Done():
                await self._finish(context, result)
            case Open(why=why, accepted=True, detail=detail):
                await self._reviewing(context, why, detail)
            case Open(why=why):
                error = _error("publishing.outcome_unknown", {"why": why})
                await self._end(context, DeliveryState.UNKNOWN, not_before=self._backed_off(), **error)
            case Again(code=code, params=params, wait=wait):
                await self._again(context, code, params, wait)
            case Failed(code=code, params=params) if context.kind in TAKES_OFF:
                await self._again(context, code, params, None)
            case Failed(code=code, params=params):
                state = DeliveryState.MISSED if code == "publishing.too_late" else DeliveryState.FAILED
                closed = {"call": None, "accepted_at": None} if _is_known(result) else {}
                await self._end(context, state, finished_at=self._now, **closed, **_error(code, params))
            case _:
                assert_never(result)

    async def overtaken(self, context: Context, by: str) -> None:
        """A later order came while this one was being made; nothing of it was sent."""
        error = _error(_OVERTAKEN.get(by, "publishing.replaced"), {})
        await self._end(context, DeliveryState.CANCELLED, finished_at=self._now, **error)

    async def _is_open(self) -> bool:
        """Whether a call was begun whose outcome nobody knows: then trouble is no end, and no reason to send again."""
        async with self._shop.database.read() as session:
            row = await session.get_one(Delivery, self._held.id)
            return row.call is not None

    async def _still_open(self, context: Context, result: Again | Failed) -> None:
        wait = result.wait if isinstance(result, Again) else None
        until = self._now + wait if wait is not None else self._backed_off()
        async with self._shop.database.read() as session:
            row = await session.get_one(Delivery, self._held.id)
        state = DeliveryState.UNKNOWN if row.accepted_at is None else DeliveryState.REVIEWING
        await self._end(context, state, not_before=until, **_error(result.code, result.params))

    async def _reviewing(self, context: Context, why: str, detail: Mapping[str, Any]) -> None:
        """The platform answered that it has it: no attempt is lost by that, however long it takes."""
        now = self._now
        since = context.delivery.accepted_at or now
        before = (context.delivery.receipt or {}).get("detail", {})
        kept = {TAKEN_DOWN: before[TAKEN_DOWN]} if TAKEN_DOWN in before else {}
        await self._end(
            context,
            DeliveryState.REVIEWING,
            not_before=now + look_again(now - since),
            accepted_at=since,
            attempt=0,
            error_code=None,
            error_params={},
            receipt={"state": "reviewing", "places": [], "url": None, "detail": {**detail, **kept, "why": why[:200]}},
        )

    async def _again(
        self, context: Context, code: str, params: Mapping[str, object], wait: dt.timedelta | None
    ) -> None:
        if wait is None and context.kind in TAKES_OFF:
            wait = leases.backoff(self._held.attempt, _jitter())
        async with self._shop.database.write() as session:
            state = await leases.fail(
                session,
                Delivery,
                self._rules,
                self._held,
                now=self._now,
                jitter=_jitter(),
                failed=DeliveryState.FAILED.value,
                after=wait,
                **_error(code, params),
            )
            if state == DeliveryState.FAILED.value:
                await tell_of_delivery(session, context.delivery, DeliveryState.FAILED, now=self._now)
            await ring(session, "publishing")
            if state == DeliveryState.FAILED:
                await _note(session, context, state, now=self._now, code=code)
        self._count(context, state or "lost")

    async def _end(self, context: Context, state: DeliveryState, **values: Any) -> None:
        async with self._shop.database.write() as session:
            ours = await leases.finish(session, Delivery, self._rules, self._held, state=state.value, **values)
            if ours:
                await tell_of_delivery(session, context.delivery, state, now=self._now)
            await ring(session, "publishing")
            if ours and state in _BAD:
                await _note(session, context, state, now=self._now, code=str(values.get("error_code") or ""))
        self._count(context, state.value)

    async def _finish(self, context: Context, result: Done) -> None:
        receipt, now = result.receipt, self._now
        shown = {
            "state": receipt.state,
            "places": list(receipt.places),
            "url": receipt.url,
            "detail": dict(receipt.detail),
        }
        ended: dict[str, Any] = {"call": None, "accepted_at": None, "error_code": None, "error_params": {}}
        post = {"post": result.post} if result.post is not None else {}
        async with self._shop.database.write() as session:
            held = (session, Delivery, self._rules, self._held)
            more = {"finished_at": now, "receipt": shown, **ended, **post}
            if not await leases.finish(*held, state=receipt.state, **more):
                raise LeaseLost
            await session.execute(insert(Receipt).values(**_receipt_row(context, receipt, now)))
            await close_earlier(session, context.delivery, now=now)
            await delivery_is_well(session, context.delivery.id, now=now)
            if receipt.detail.get("rolls"):
                rolls = update(Target).where(Target.id == context.delivery.target_id, Target.rolls.is_(False))
                await session.execute(rolls.values(rolls=True))
            await ring(session, "publishing")
            await _note(session, context, receipt.state, now=now, url=receipt.url or "")
        self._count(context, receipt.state)

    async def _pause(self, context: Context, result: Again | Failed) -> None:
        error = _error(result.code, result.params)
        async with self._shop.database.write() as session:
            await pause(session, context.delivery.target_id, error["error_code"], error["error_params"], now=self._now)
            await tell_of_account(session, context.delivery.target_id, now=self._now)

    def _count(self, context: Context, state: str) -> None:
        if self._shop.metrics is not None:
            self._shop.metrics.count("yunping_deliveries_total", channel=context.target.kind, state=state)
            seconds = (self._now - context.delivery.created_at).total_seconds()
            self._shop.metrics.observe("yunping_delivery_seconds", seconds, channel=context.target.kind)

    def _backed_off(self) -> dt.datetime:
        return self._now + leases.backoff(self._held.attempt, _jitter())

    @property
    def _now(self) -> dt.datetime:
        return self._shop.clock.now()


def _is_known(result: Result) -> bool:
    return isinstance(result, Failed) and result.is_known


async def close_earlier(session: AsyncSession, settled: Delivery, *, now: dt.datetime) -> None:
    """Calls of earlier deliveries of the document here: whoever settled this one settled them on the way."""
    if settled.document_id is None:
        return
    here = (Delivery.document_id == settled.document_id, Delivery.target_id == settled.target_id)
    older = (Delivery.id != settled.id, Delivery.created_at <= settled.created_at, Delivery.call.is_not(None))
    found = (await session.scalars(select(Delivery.id).where(*here, *older))).all()
    if not found:
        return
    await close(session, found, SETTLED, now=now)
    closed = update(Delivery).where(Delivery.id.in_(found)).values(call=None, accepted_at=None)
    await session.execute(closed.execution_options(synchronize_session=False))


async def _note(
    session: AsyncSession, context: Context, state: str, *, now: dt.datetime, code: str = "", url: str = ""
) -> None:
    """In the record, where auditors and webhooks read it: how an order about a piece ended at a target."""
    if context.document is None or context.kind not in _NEWS:
        return
    unit = await session.scalar(select(Target.unit_path).where(Target.id == context.delivery.target_id))
    said = {
        "document": context.document,
        "target": context.target.code,
        "kind": context.kind.value,
        "state": str(state),
    }
    more = {name: value for name, value in (("code", code), ("url", url)) if value}
    of = ("delivery", str(context.delivery.id))
    await record(session, None, "delivery.ended", of=of, unit=unit or "/", details={**said, **more}, now=now)


def _receipt_row(context: Context, receipt: contract.Receipt, now: dt.datetime) -> dict[str, Any]:
    piece = context.order.piece
    return {
        "id": uuid7(now),
        "delivery_id": context.delivery.id,
        "target_id": context.delivery.target_id,
        "document_id": context.delivery.document_id,
        "release": piece.release if piece is not None else context.delivery.release,
        "state": receipt.state,
        "at": receipt.at,
        "places": list(receipt.places),
        "url": receipt.url,
        "detail": dict(receipt.detail),
    }


def _error(code: str, params: Mapping[str, object]) -> dict[str, Any]:
    shown = {name: value if isinstance(value, int) else str(value)[:500] for name, value in params.items()}
    return {"error_code": code[:60], "error_params": shown}


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads retries, guards nothing
