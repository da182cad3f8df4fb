"""A signed player on its way over the fleet: one screen in a hundred, one in ten, then all; it stops by itself.

The shares are signed (`cms.signals.software`): a screen outside the present one refuses the update, whoever sends it.
What is decided here is only when to go on, from what the screens that have it say and whether they still speak.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import Acting, record
from cms.hands.signing import OrderSigner
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, NotFound
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.planning.holidays import district
from cms.signals.software import STAGES, share
from screens.hands import states
from screens.hands.ordering import DEFAULT_LIFE, Asked, is_able, signed_rows, store
from screens.hands.rollout_tables import ScreenRollout
from screens.hands.tables import ScreenCommand, ScreenOrder
from screens.tables import Screen

# Between two looks at one rollout; also the lease, so that two workers do not order twice.
TURN: Final = dt.timedelta(seconds=10)
# A stage is believed after this long without a fault: memory leaks and midnight take their time.
SOAK: Final = dt.timedelta(minutes=30)
# An updated screen unheard for this long has fallen silent; its own trial is over by then.
SILENT: Final = dt.timedelta(seconds=180)
# At a time: a thin line carries the update of a street, not of a district.
AT_ONCE: Final = 100
READY, RUNNING, STOPPED, FINISHED = "ready", "running", "stopped", "done"


class Step(StrEnum):
    """What comes next."""

    GIVE = "give"
    WAIT = "wait"
    WIDEN = "widen"
    FINISH = "finish"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the screens of the present share stand: `failed` went back by themselves, `silent` took it and are gone."""

    chosen: int
    updated: int
    failed: int
    silent: int
    busy: int
    waiting: int
    """Not asked yet and connected: whoever is away is asked when it comes back."""

    @property
    def limit(self) -> int:
        """So many may fail: a box can break by itself, two of a hundred do not."""
        return max(1, self.chosen // 50)


def decide(standing: Standing, *, stage: int, last: bool, age: dt.timedelta) -> Step:
    """The next step of a rollout; `last`: no wider share is signed. Pure."""
    bad = standing.failed + standing.silent
    if bad > standing.limit or (bad and bad == standing.chosen):
        return Step.STOP
    if standing.waiting:
        return Step.GIVE
    if not standing.chosen and not last:
        return Step.WIDEN  # a hundredth of thirty screens is often nobody, who would be waited for without end
    if standing.busy or age < SOAK or not standing.updated:
        return Step.WAIT
    if not last:
        return Step.WIDEN
    return Step.FINISH if stage == len(STAGES) - 1 else Step.WAIT


def chosen(version: str, screen: uuid.UUID, stage: int) -> bool:
    """Whether a screen is in the share of a stage."""
    return share(version, str(screen)) < STAGES[stage]


async def register(
    session: AsyncSession, actor: Acting, *, version: str, files: Sequence[str], now: dt.datetime
) -> ScreenRollout:
    """A player that two people signed, whose shares lie in the store as `files`; it waits for `start`.

    The caller has its signatures. Call inside a write block.
    """
    row = ScreenRollout(
        id=uuid7(now),
        version=version,
        files=list(files),
        stage=0,
        state=READY,
        by=actor.person,
        by_name=actor.name,
        at=now,
        stage_at=now,
        looked_at=now - TURN,
    )
    session.add(row)
    await session.flush()
    details = {"version": version, "stages": len(files)}
    await record(session, actor, "screen.rollout", of=("rollout", str(row.id)), details=details, now=now)
    return row


async def start(session: AsyncSession, actor: Actor, rollout: uuid.UUID, *, now: dt.datetime) -> ScreenRollout:
    """Lets a signed player go to its first share; call inside a write block.

    Raises Denied, NotFound `hands.rollout`, Conflict `hands.rollout_running`.
    """
    row = await _held(session, actor, rollout)
    if await session.scalar(select(ScreenRollout.id).where(ScreenRollout.state == RUNNING)) is not None:
        raise Conflict("hands.rollout_running")
    row.state, row.at, row.stage_at, row.by, row.by_name = RUNNING, now, now, actor.person, actor.name
    await session.flush()
    of = ("rollout", str(row.id))
    await record(session, actor, "screen.rollout_start", of=of, details={"version": row.version}, now=now)
    return row


async def stop(session: AsyncSession, actor: Actor, rollout: uuid.UUID, *, now: dt.datetime) -> None:
    """Stops a rollout where it stands; call inside a write block. Raises Denied, NotFound `hands.rollout`."""
    row = await _held(session, actor, rollout)
    if row.state not in {READY, RUNNING}:
        return
    row.state, row.reason, row.ended_at = STOPPED, "hands.stopped_by_hand", now
    await session.flush()
    of = ("rollout", str(row.id))
    await record(session, actor, "screen.rollout_stop", of=of, details={"version": row.version}, now=now)


async def _held(session: AsyncSession, actor: Actor, rollout: uuid.UUID) -> ScreenRollout:
    # An update goes to every screen there is: who looks after one institute does not begin it.
    require_can(actor, Action.SYSTEM_CONFIGURE, Subject(await district(session)))
    row = await session.get(ScreenRollout, rollout, with_for_update=True)
    if row is None:
        raise NotFound("hands.rollout")
    return row


async def tick(db: Database, signer: OrderSigner, *, now: dt.datetime) -> Step | None:
    """One look at the running rollout and its next step; None when there is none, or another worker has the turn."""
    async with db.read() as session:
        row = await session.scalar(select(ScreenRollout).where(ScreenRollout.state == RUNNING).limit(1))
        if row is None or row.looked_at > now - TURN:
            return None
    async with db.write() as session:
        mine = (ScreenRollout.id == row.id, ScreenRollout.state == RUNNING, ScreenRollout.looked_at <= now - TURN)
        taken: Any = await session.execute(update(ScreenRollout).where(*mine).values(looked_at=now))
        if taken.rowcount != 1:
            return None
    async with db.read() as session:
        standing, waiting = await standing_of(session, row, now=now)
    last = row.stage + 1 >= len(row.files)
    step = decide(standing, stage=row.stage, last=last, age=now - row.stage_at)
    if step is Step.GIVE:
        await _give(db, signer, row, waiting[:AT_ONCE], now=now)
    elif step is not Step.WAIT:
        await _turn(db, row, step, now=now)
    return step


async def standing_of(
    session: AsyncSession, row: ScreenRollout, *, now: dt.datetime
) -> tuple[Standing, list[uuid.UUID]]:
    """How a rollout stands, and which connected screens of its share were not asked yet."""
    query = select(Screen.id, Screen.player, Screen.caps, Screen.link, Screen.last_seen)
    screens = (await session.execute(query.where(Screen.revoked_at.is_(None)).order_by(Screen.id))).all()
    share_ = [one for one in screens if is_able(one.caps, "update") and chosen(row.version, one.id, row.stage)]
    ends = await _ends(session, row)
    counts = dict.fromkeys(("updated", "failed", "silent", "busy"), 0)
    waiting = []
    for one in share_:
        state = _state_of(one, ends.get(one.id), row.version, now)
        if state in counts:
            counts[state] += 1
        elif one.link is not None:
            waiting.append(one.id)
    return Standing(chosen=len(share_), waiting=len(waiting), **counts), waiting


def _state_of(screen: Any, order: ScreenOrder | None, version: str, now: dt.datetime) -> str:
    """`updated`, `failed`, `silent`, `busy`, or nothing for a screen that is to be asked."""
    is_heard = screen.link is not None or (screen.last_seen is not None and now - screen.last_seen <= SILENT)
    if order is None:
        return "updated" if screen.player == version else ""
    if order.state in {states.FAILED, states.REFUSED}:
        return "failed"
    took_it = order.received_at is not None or order.state == states.DONE
    if took_it and not is_heard:
        return "silent"
    if order.state == states.DONE or screen.player == version:
        return "updated"
    if order.state == states.EXPIRED:
        return "failed" if took_it else ""
    return "busy"


async def _ends(session: AsyncSession, row: ScreenRollout) -> Mapping[uuid.UUID, ScreenOrder]:
    """The last order of this rollout to each screen."""
    commands = select(ScreenCommand.id).where(ScreenCommand.action == "update", ScreenCommand.at >= row.at)
    mine = or_(*(ScreenCommand.params["file"].as_string() == file for file in row.files))
    query = select(ScreenOrder).where(ScreenOrder.command.in_(commands.where(mine))).order_by(ScreenOrder.id)
    return {one.screen: one for one in await session.scalars(query)}


async def _give(
    db: Database, signer: OrderSigner, row: ScreenRollout, screens: Sequence[uuid.UUID], *, now: dt.datetime
) -> None:
    asked = Asked("update", {"file": row.files[row.stage]})
    command = ScreenCommand(
        id=uuid7(now),
        unit="/",
        screen=None,
        action=asked.action,
        params=dict(asked.params),
        by=row.by,
        by_name=row.by_name,
        at=now,
        expires_at=now + DEFAULT_LIFE,
        count=0,
    )
    rows = await signed_rows(signer, row.by, command, screens, asked, now=now)
    async with db.write() as session:
        await store(session, command, rows)
        details = {"action": "update", "version": row.version, "count": len(rows), "command": str(command.id)}
        await record(session, None, "screen.order", of=("rollout", str(row.id)), details=details, now=now)


async def _turn(db: Database, row: ScreenRollout, step: Step, *, now: dt.datetime) -> None:
    async with db.write() as session:
        held = await session.get(ScreenRollout, row.id, with_for_update=True)
        if held is None or held.state != RUNNING or held.stage != row.stage:
            return
        if step is Step.WIDEN:
            held.stage, held.stage_at = held.stage + 1, now
        else:
            held.state, held.ended_at = (FINISHED if step is Step.FINISH else STOPPED), now
            held.reason = "hands.rollout_silent" if step is Step.STOP else None
        await session.flush()
        details = {"version": held.version, "stage": held.stage, "step": step.value}
        await record(session, None, "screen.rollout_step", of=("rollout", str(held.id)), details=details, now=now)
