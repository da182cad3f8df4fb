"""The checks of a post: whatever is lost, killed or refused, a platform never shows a piece twice."""

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cms.contract import (
    Accepted,
    Channel,
    Correction,
    NotSent,
    Outcome,
    Piece,
    Post,
    Prepared,
    Sent,
    Services,
    Target,
    Unknown,
)
from renderers.conformance.findings import Finding
from renderers.conformance.samples import corrected, make_piece
from renderers.conformance.world import World

SCHEDULES = 50
TRIES = 12


class Platform(Protocol):
    """A simulator of the channel's platform, as the kit drives it."""

    def arrange(self, dice: random.Random) -> None:
        """Draws a fault schedule: answers lost before or after the effect, refusals, delays."""
        ...

    def calm(self) -> None:
        """Ends all faults."""
        ...

    def visible(self, title: str) -> int:
        """How many posts with this title a follower sees now."""
        ...


@dataclass(slots=True)
class Ledger:
    """The core's side of one post, as rows that survive a kill: written before and after the irreversible call."""

    prepared: Prepared | None = None
    attempt: str | None = None
    outcome: Outcome | None = None
    attempts: list[str] = field(default_factory=list)

    async def drive(self, post: Post, piece: Piece, target: Target, services: Services) -> None:
        """One go of a worker; picks up wherever the last one died."""
        if isinstance(self.outcome, Sent):
            return
        if self.prepared is None:
            self.prepared = await post.prepare(piece, target, services)
        if self.attempt is None:
            self.attempt = f"{piece.release[:16]}-{len(self.attempts)}"
            self.attempts.append(self.attempt)
            self.outcome = Unknown("intent")
            self.outcome = await post.send(self.prepared, self.attempt, target, services)
        elif isinstance(self.outcome, Unknown | Accepted):
            self.outcome = await post.reconcile(self.attempt, target, services)
        if isinstance(self.outcome, NotSent) and self.outcome.retry:
            self.attempt = None


async def check_post(
    channel: Channel, make: Callable[[], tuple[Platform, World]], *, now: dt.datetime
) -> list[Finding]:
    """Runs every check under `SCHEDULES` fault schedules; `make` gives a fresh simulator and a world dialled to it."""
    if channel.post is None:
        return [Finding("shape", "a post channel has a post")]
    findings: list[Finding] = []
    for seed in range(SCHEDULES):
        platform, world = make()
        findings += await _story(channel.post, platform, world, seed, now)
    return findings


async def _story(post: Post, platform: Platform, world: World, seed: int, now: dt.datetime) -> list[Finding]:
    dice = random.Random(seed)  # noqa: S311 - a seeded story, no secret
    piece = make_piece(seed, at=now)
    ledger = Ledger()
    findings: list[Finding] = []
    platform.arrange(dice)
    for turn in range(TRIES):
        if turn == TRIES // 2:
            platform.calm()
        await _go(ledger, post, piece, world, dice)
        if platform.visible(piece.title) > 1:
            findings.append(Finding("exactly_once", f"schedule {seed}: shown twice at try {turn}"))
    if isinstance(ledger.outcome, Sent):
        if platform.visible(piece.title) != 1:
            findings.append(Finding("exactly_once", f"schedule {seed}: said to be out, but it is not"))
        findings += await _correct_and_recall(post, platform, world, piece, ledger.outcome, now=now)
    elif isinstance(ledger.outcome, Unknown | Accepted):
        findings.append(Finding("reconcile", f"schedule {seed}: still unknown on a calm platform"))
    elif platform.visible(piece.title):
        findings.append(Finding("exactly_once", f"schedule {seed}: refused, but shown"))
    return findings


async def _go(ledger: Ledger, post: Post, piece: Piece, world: World, dice: random.Random) -> None:
    world.faults.calls, world.faults.kill_at = 0, dice.choice((0, 0, 1, 2, 3))
    try:
        await ledger.drive(post, piece, world.target, world.services)
    except asyncio.CancelledError:
        world.faults.kill_at = 0


async def _correct_and_recall(
    post: Post, platform: Platform, world: World, piece: Piece, sent: Sent, *, now: dt.datetime
) -> list[Finding]:
    world.faults.kill_at = 0
    findings: list[Finding] = []
    newer = corrected(piece, at=now)
    last, standing = piece, sent.post
    if post.correction is not Correction.MANUAL:
        prepared = await post.prepare(newer, world.target, world.services)
        outcome = await post.correct(standing, prepared, f"{newer.release[:16]}-c", world.target, world.services)
        if not isinstance(outcome, Sent):
            return [Finding("correct", f"{piece.document}: {outcome}")]
        last, standing = newer, outcome.post
        if platform.visible(piece.title) or platform.visible(newer.title) != 1:
            findings.append(Finding("correct", f"{piece.document}: the old text stays or the new one is missing"))
    receipt = await post.recall(standing, world.target, world.services)
    if receipt.state == "gone" and platform.visible(last.title):
        findings.append(Finding("recall", f"{piece.document}: said to be gone, but shown"))
    if receipt.state == "live":
        findings.append(Finding("recall", f"{piece.document}: a recall that leaves it live"))
    return findings
