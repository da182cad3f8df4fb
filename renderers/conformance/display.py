"""The checks of a display: each is a short story over a `World`, ending in what must be true of what is shown."""

import asyncio
import datetime as dt
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable

from cms.contract import Channel, Delta, Display, File, Files, ManifestDraft, Manifests, Piece
from renderers.conformance.findings import Finding
from renderers.conformance.samples import HOSTILE, corrected, make_piece
from renderers.conformance.world import SITE, World

Shown = dict[str, File | ManifestDraft]


async def check_display(channel: Channel, *, now: dt.datetime) -> list[Finding]:
    """Runs every check; an exception of the renderer is a finding like any other."""
    if channel.display is None or channel.form is None:
        return [Finding("shape", "a display channel has a display and a form")]
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings += [Finding(check.__name__, detail) async for detail in check(channel, channel.display, now)]
        except Exception as error:  # noqa: BLE001 - the kit reports whatever a channel raises
            findings.append(Finding(check.__name__, f"raised {error!r}"))
    return findings


def apply(shown: Shown, output: Files | Manifests) -> Shown:
    """What is shown after an output was written."""
    after = dict(shown)
    match output:
        case Files():
            after.update({file.path: file for file in output.write})
            for path in output.remove:
                after.pop(path, None)
        case Manifests():
            for draft in output.drafts:
                after.update(dict.fromkeys(draft.receivers, draft))
    return after


async def replays(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """A retry sends the same bytes."""
    world = _world(channel, now)
    delta = world.publish(make_piece(9, at=now))
    first = await display.render(delta, world.services, now)
    if first != await display.render(delta, world.services, now):
        yield "the same delta gave other bytes"


async def survives_kills(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """Killed at any call into the core and run again, the outcome is that of a run that was not killed."""
    world = _world(channel, now)
    delta = world.publish(make_piece(9, at=now))
    world.faults.calls = 0
    whole = await display.render(delta, world.services, now)
    for call in range(1, world.faults.calls + 1):
        world.faults.calls, world.faults.kill_at = 0, call
        try:
            await display.render(delta, world.services, now)
        except asyncio.CancelledError:
            world.faults.kill_at = 0
            if await display.render(delta, world.services, now) != whole:
                yield f"killed at call {call}, the second run differs"
        else:
            yield f"a cancellation at call {call} was swallowed"
    world.faults.kill_at = 0


async def follows_the_clock(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """At any time, forward or back, the live pieces are shown and time is covered without a gap."""
    world = _world(channel, now)
    for jump in (dt.timedelta(days=-400), dt.timedelta(hours=-1), dt.timedelta(days=1), dt.timedelta(days=4000)):
        at = now + jump
        shown = apply({}, await display.render(world.everything(), world.services, at))
        for piece in world.live.values():
            if not _shows(shown, piece):
                yield f"{piece.document} is missing at {at.isoformat()}"
        for draft in _drafts(shown):
            edges = [(slot.start, slot.end) for slot in draft.slots]
            if not edges or edges[0][0] > at or edges[-1][1] < at + dt.timedelta(days=3):
                yield f"{draft.audience} does not cover three days from {at.isoformat()}"
            if any(a[1] != b[0] for a, b in itertools.pairwise(edges)):
                yield f"{draft.audience} has a gap"


async def recalls(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """Recalled before it was rendered, in the middle, and afterwards: no trace is left, the others stay."""
    for story in ("before", "during", "after"):
        world = _world(channel, now)
        victim = make_piece(9, at=now)
        shown = apply({}, await display.render(world.everything(), world.services, now))
        delta = world.publish(victim)
        if story == "after":
            shown = apply(shown, await display.render(delta, world.services, now))
            if not _shows(shown, victim):
                yield "a published piece is not shown"
        if story == "during":
            shown = apply(shown, await _killed(display, delta, world, now) or Files(()))
        shown = apply(shown, await display.render(world.recall(victim.document), world.services, now))
        if _shows(shown, victim):
            yield f"recalled {story} its render, it is still shown"
        for piece in world.live.values():
            if not _shows(shown, piece):
                yield f"{piece.document} vanished with a piece recalled {story} its render"


async def corrects(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """A correction replaces the edition everywhere; nothing of the old one stays."""
    world = _world(channel, now)
    old = world.live["d000000001"]
    new = corrected(old, at=now + dt.timedelta(hours=1))
    shown = apply({}, await display.render(world.everything(), world.services, now))
    shown = apply(shown, await display.render(world.publish(new), world.services, now))
    if _shows(shown, old):
        yield "the old edition is still shown"
    if not _shows(shown, new):
        yield "the new edition is not shown"


async def deltas_equal_full(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """After any history, what deltas left standing is byte for byte what a full render makes."""
    for seed in range(6):
        dice = random.Random(seed)  # noqa: S311 - a seeded story, no secret
        world = _world(channel, now)
        shown = apply({}, await display.render(world.everything(), world.services, now))
        for step in range(25):
            shown = apply(shown, await display.render(_event(world, dice, step, now), world.services, now))
        full = apply({}, await display.render(world.everything(), world.services, now))
        for key in sorted(full):
            if shown.get(key) != full[key]:
                yield f"history {seed}: {key} differs from a full render"


async def names_its_releases(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """A file says which releases it shows, so that a tombstone hides it before anything is rendered again."""
    world = _world(channel, now)
    shown = apply({}, await display.render(world.everything(), world.services, now))
    for key, thing in shown.items():
        for piece in world.live.values():
            if isinstance(thing, File) and piece.title.encode() in thing.data and piece.release not in thing.releases:
                yield f"{key} shows {piece.document} without naming its release"


async def bears_broken_assets(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """Pictures that are not there or were recalled never take the text or the other pieces with them."""
    world = _world(channel, now)
    bare = make_piece(9, at=now, pictured=False)
    world.publish(bare)
    world.faults.gone = {a.sha256 for p in world.live.values() for a in p.assets}
    shown = apply({}, await display.render(world.everything(), world.services, now))
    for piece in world.live.values():
        if not _shows(shown, piece):
            yield f"{piece.document} is missing while its pictures are gone"


async def keeps_text_text(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:
    """Whatever people type stays text."""
    world = _world(channel, now)
    for number, text in enumerate(HOSTILE, start=20):
        world.publish(make_piece(number, at=now, text=text))
    shown = apply({}, await display.render(world.everything(), world.services, now))
    for key, thing in shown.items():
        if isinstance(thing, File) and thing.media_type.startswith(("text/html", "application/rss")):
            lower = thing.data.lower()
            for sign in (b"<script>alert", b"<img src=x", b"49{%"):
                if sign in lower:
                    yield f"{key} lets {sign!r} through"


async def signs_its_form(channel: Channel, display: Display, now: dt.datetime) -> AsyncIterator[str]:  # noqa: ARG001
    """The form is pure, changes with the words, and carries the byline duties."""
    form = channel.form
    if form is None:
        return
    piece = make_piece(1, at=now)
    made = form(piece, SITE)
    if made != form(piece, SITE):
        yield "the form of one piece differs between two calls"
    if made == form(corrected(piece, at=now), SITE):
        yield "a changed piece has the same form"
    for duty in (piece.byline.source, piece.byline.reporter, piece.byline.editor, piece.byline.sponsor):
        if duty.encode() not in made:
            yield f"the form does not carry {duty}"


CHECKS: tuple[Callable[[Channel, Display, dt.datetime], AsyncIterator[str]], ...] = (
    replays,
    survives_kills,
    follows_the_clock,
    recalls,
    corrects,
    deltas_equal_full,
    names_its_releases,
    bears_broken_assets,
    keeps_text_text,
    signs_its_form,
)


def _world(channel: Channel, now: dt.datetime) -> World:
    world = World(channel.kind)
    for number in range(1, 7):
        world.publish(make_piece(number, at=now - dt.timedelta(days=20 * number), pictured=number % 3 != 0))
    return world


def _event(world: World, dice: random.Random, step: int, now: dt.datetime) -> Delta:
    choice = dice.random()
    if world.live and choice < 0.25:
        return world.recall(dice.choice(sorted(world.live)))
    if world.live and choice < 0.5:
        return world.publish(corrected(world.live[dice.choice(sorted(world.live))], at=now))
    at = now - dt.timedelta(days=dice.randrange(90))
    return world.publish(make_piece(100 + step, at=at, pictured=dice.random() < 0.7))


async def _killed(display: Display, delta: Delta, world: World, now: dt.datetime) -> Files | Manifests | None:
    world.faults.calls, world.faults.kill_at = 0, 2
    task: Awaitable[Files | Manifests] = display.render(delta, world.services, now)
    try:
        return await task
    except asyncio.CancelledError:
        return None
    finally:
        world.faults.kill_at = 0


def _shows(shown: Shown, piece: Piece) -> bool:
    """Whether anything shown has this edition: by its release in a manifest, by its title in a file."""
    for thing in shown.values():
        if isinstance(thing, ManifestDraft):
            if piece.release in thing.bundles or any(e.release == piece.release for s in thing.slots for e in s.loop):
                return True
        elif piece.title.encode() in thing.data or piece.release in thing.releases:
            return True
    return False


def _drafts(shown: Shown) -> list[ManifestDraft]:
    return [thing for thing in shown.values() if isinstance(thing, ManifestDraft)]
