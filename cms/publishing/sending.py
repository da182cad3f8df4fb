"""One claimed delivery from its rows to its receipt: done under a renewed lease, and written down as it ended."""

import asyncio
import datetime as dt
import random
from collections.abc import Coroutine, Mapping
from typing import Any, Final, TypeVar, assert_never

from sqlalchemy import insert, update
from sqlalchemy.exc import SQLAlchemyError

from cms import contract
from cms.contract import Channel
from cms.kernel import leases
from cms.kernel.errors import DomainError, Unavailable
from cms.kernel.ids import uuid7
from cms.kernel.log import logger
from cms.kernel.wake import ring
from cms.planning.models import Target
from cms.publishing.context import Context, named_person, read_context, take_turn
from cms.publishing.ledger import LeaseLost, RowLedger
from cms.publishing.models import Bundle, Delivery, Receipt
from cms.publishing.outputs import TargetOutputs
from cms.publishing.run import Again, Done, Failed, Open, Result, run_delivery
from cms.publishing.states import MAX_LATE_POST, DeliveryState, PublicationKind
from cms.publishing.workshop import Workshop

T = TypeVar("T")
# What must come off is tried for as long as it may be there.
_NEVER_GIVEN_UP: Final = frozenset({PublicationKind.RECALL, PublicationKind.UNPUBLISH})

log = logger("publishing.sending")


class Sending:
    """The work on one claimed delivery."""

    def __init__(self, shop: Workshop, held: leases.Claim, rules: leases.LeaseRules, *, seconds: float) -> None:
        self._shop = shop
        self._held = held
        self._rules = rules
        self._seconds = seconds

    async def run(self) -> None:
        """Ends with the delivery's row settled, or with nothing when the lease was lost on the way."""
        try:
            context = await self._context()
            await self._settle(context, await self._under_lease(self._result(context)))
        except LeaseLost:
            log.info("a delivery was taken over", delivery=str(self._held.id))

    async def _context(self) -> Context:
        async with self._shop.database.write() as session:
            turn = await take_turn(session, self._held)
        async with self._shop.database.read() as session:
            return await read_context(session, self._held, turn, self._shop.clock.now())

    async def _result(self, context: Context) -> Result:
        try:
            return await self._done(context)
        except LeaseLost:
            raise
        except DomainError as problem:
            return Again(problem.code, problem.params)
        except Exception:
            # A defect of one channel must not stop the others, and must be seen on the delivery.
            log.exception("a channel broke", delivery=str(self._held.id), target=context.target.code)
            return Again("publishing.channel_defect", {"kind": context.target.kind})

    async def _done(self, context: Context) -> Result:
        channel = self._shop.channels.get(context.target.kind)
        if channel is None:
            return Failed("publishing.no_channel", {"kind": context.target.kind})
        if self._is_too_late(context, channel):
            return Failed("publishing.too_late", {"minutes": int(MAX_LATE_POST.total_seconds() // 60)})
        await self._tell_guard(context)
        if context.bundle is not None:
            await self._store_bundle(context.bundle)
        result = await run_delivery(
            context.order,
            channel,
            self._shop.services(context.target),
            ledger=RowLedger(self._shop.database, self._shop.store, self._held),
            outputs=TargetOutputs(
                self._shop.tree, self._shop.screens, context.turn, self._shop.clock.now, self._still_ours
            ),
            now=self._shop.clock.now,
            seconds=self._seconds,
        )
        return await self._with_tombstones(context, result)

    def _is_too_late(self, context: Context, channel: Channel) -> bool:
        """Whether a post's time is over before anything was begun: then a person decides, not the machine."""
        posts = channel.display is None and context.kind in {PublicationKind.PUBLISH, PublicationKind.CORRECT}
        fresh = context.delivery.call is None and context.delivery.post is None
        return posts and fresh and self._shop.clock.now() > context.delivery.at + MAX_LATE_POST

    async def _tell_guard(self, context: Context) -> None:
        """Before anything is shown, so that the guard can recall it with the database gone; it must not hold us up."""
        piece = context.order.piece
        if piece is None:
            return
        try:
            places = [context.target.code]
            await self._shop.guard.register(piece.release, document=piece.document, places=places)
        except Unavailable:
            log.warning("the guard is away; a place was not registered", release=piece.release)

    async def _store_bundle(self, bundle: Bundle) -> None:
        if not await self._shop.store.exists(bundle.sha256):
            await self._shop.store.put(bundle.text.encode(), media_type="application/json")

    async def _with_tombstones(self, context: Context, result: Result) -> Result:
        """A recall that was ordered while the guard was away is over only when the guard has its tombstones."""
        what = context.publication.what
        person = context.publication.actor_id
        if context.kind is not PublicationKind.RECALL or what.get("signed", True) or person is None:
            return result
        await self._shop.guard.recall(
            person=person,
            releases=what["releases"],
            assets=what["assets"],
            reason=context.publication.reason,
            second=named_person(what, "second"),
        )
        return result

    async def _still_ours(self) -> None:
        async with self._shop.database.write() as session:
            if not await leases.renew(session, Delivery, self._rules, self._held, now=self._shop.clock.now()):
                raise LeaseLost

    async def _under_lease(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work and renews the lease; the work is stopped when the lease is gone."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=self._rules.lease.total_seconds() / 3))[0]:
                try:
                    await self._still_ours()
                except SQLAlchemyError:
                    # Whoever writes asks once more before it; a database that comes back finds us working.
                    log.warning("a lease could not be renewed", delivery=str(self._held.id))
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _settle(self, context: Context, result: Result) -> None:
        match result:
            case Done():
                await self._finish(context, result)
            case Open(why=why):
                wait = leases.backoff(self._held.attempt, _jitter())
                error = _error("publishing.outcome_unknown", {"why": why})
                await self._end(context, DeliveryState.UNKNOWN, not_before=self._shop.clock.now() + wait, **error)
            case Again(code=code, params=params, wait=wait):
                await self._again(context, code, params, wait)
            case Failed(code=code, params=params):
                if context.kind in _NEVER_GIVEN_UP:
                    await self._again(context, code, params, None)
                else:
                    missed = code == "publishing.too_late"
                    state = DeliveryState.MISSED if missed else DeliveryState.FAILED
                    await self._end(context, state, finished_at=self._shop.clock.now(), **_error(code, params))
            case _:
                assert_never(result)

    async def _again(
        self, context: Context, code: str, params: Mapping[str, object], wait: dt.timedelta | None
    ) -> None:
        if wait is None and context.kind in _NEVER_GIVEN_UP:
            wait = leases.backoff(self._held.attempt, _jitter())
        now = self._shop.clock.now()
        async with self._shop.database.write() as session:
            state = await leases.fail(
                session,
                Delivery,
                self._rules,
                self._held,
                now=now,
                jitter=_jitter(),
                failed=DeliveryState.FAILED.value,
                after=wait,
                **_error(code, params),
            )
            await ring(session, "publishing")
        self._count(context, state or "lost")

    async def _end(self, context: Context, state: DeliveryState, **values: Any) -> None:
        async with self._shop.database.write() as session:
            await leases.finish(session, Delivery, self._rules, self._held, state=state.value, **values)
            await ring(session, "publishing")
        self._count(context, state.value)

    async def _finish(self, context: Context, result: Done) -> None:
        receipt, now = result.receipt, self._shop.clock.now()
        shown = {
            "state": receipt.state,
            "places": list(receipt.places),
            "url": receipt.url,
            "detail": dict(receipt.detail),
        }
        async with self._shop.database.write() as session:
            post = {"post": result.post} if result.post is not None else {}
            done = await leases.finish(
                session,
                Delivery,
                self._rules,
                self._held,
                state=receipt.state,
                finished_at=now,
                receipt=shown,
                call=None,
                error_code=None,
                error_params={},
                **post,
            )
            if not done:
                raise LeaseLost
            await session.execute(insert(Receipt).values(**_receipt_row(context, receipt, now)))
            if receipt.detail.get("rolls"):
                rolls = update(Target).where(Target.id == context.delivery.target_id, Target.rolls.is_(False))
                await session.execute(rolls.values(rolls=True))
            await ring(session, "publishing")
        self._count(context, receipt.state)

    def _count(self, context: Context, state: str) -> None:
        if self._shop.metrics is not None:
            self._shop.metrics.count("yunping_deliveries_total", channel=context.target.kind, state=state)
            seconds = (self._shop.clock.now() - context.delivery.created_at).total_seconds()
            self._shop.metrics.observe("yunping_delivery_seconds", seconds, channel=context.target.kind)


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
