"""Signing for machines: values of data feeds, releases of the player, and the place where passkeys are used."""

import asyncio
from dataclasses import replace
from typing import Final

from cms.guard import authority
from cms.guard.asks import SetMachines, SignFeed, SignSoftware
from cms.guard.errors import GuardRefused
from cms.guard.service import Guard
from cms.signals.feed import Feed, read_feed
from cms.signals.software import Software, read_software
from cms.trust.delegations import Delegations, FeedKeys, PersonKey, read_delegations
from cms.trust.keys import ED25519, SigningKey
from cms.trust.signed import Signed, sign, text_of

_SEQS: Final = 1_000  # numbers of a feed reserved with one line; a crash skips the rest


async def set_machines(guard: Guard, asked: SetMachines) -> Signed:
    """New delegations that name the feeds' keys and the passkeys' place; people stay as they are.

    Screens must know the second format of delegations before the first of either is named.

    Raises:
        GuardRefused: `guard.may_not_delegate`, `guard.wrong_password`, `guard.backoff`.
    """
    core = guard.core
    guard.administrator(asked.by)
    await guard.opened(asked.by, asked.password)
    async with core.lock:
        now, granted = core.clock(), core.delegations.value
        keys = await asyncio.to_thread(lambda: {feed: _key(guard, feed) for feed in asked.feeds})
        feeds = tuple(_feed_keys(granted, feed, key, now=now) for feed, key in keys.items()) or None
        next_ = authority.next_delegations(granted, granted.people, now=now, epoch=core.root.value.epoch)
        made = replace(next_, feeds=feeds, passkeys=asked.passkeys)
        read_delegations(text_of(made))
        signed = core.signed_delegations(made)
        await core.commit(("delegated", {"delegations": signed, "first_run": False}))
    return Signed.of(signed)


async def sign_feed(guard: Guard, asked: SignFeed) -> Signed:
    """Values under the feed's own key. Whatever they are, a screen draws them only inside the bounds people approved.

    Raises:
        GuardRefused: `guard.feed_unknown`; TrustError `trust.schema` for anything but numbers and code words.
    """
    core = guard.core
    async with core.lock:
        key = await asyncio.to_thread(_key, guard, asked.feed)
        held = next((one.keys for one in core.delegations.value.feeds or () if one.feed == asked.feed), ())
        if key.public.id not in {one.key for one in held}:
            raise GuardRefused("guard.feed_unknown", feed=asked.feed)
        now, root = core.clock(), core.root.value
        seq = await _next_seq(guard, asked.feed)
        feed = Feed(root.domain, root.epoch, asked.feed, asked.schema, seq, now, now + asked.lasts, asked.values)
        read_feed(text_of(feed))
        return sign(feed, [key])


async def sign_software(guard: Guard, asked: SignSoftware) -> Signed:
    """A release of the player with this guard's signature; a threshold above one needs a holder's beside it.

    Raises:
        GuardRefused: `guard.second_signer`, `guard.may_not_delegate`, `guard.wrong_password`, `guard.backoff`,
            `guard.not_for_software` when the root gives this guard's key no part in it.
    """
    core = guard.core
    guard.administrator(asked.by)
    if asked.second == asked.by:
        raise GuardRefused("guard.second_signer")
    await guard.opened(asked.by, asked.password)
    await guard.opened(asked.second, asked.second_password)
    async with core.lock:
        role, root, now = core.root.value.player, core.root.value, core.clock()
        key = await asyncio.to_thread(core.keyring.fitting, "player", role.keys if role else ())
        if key is None:
            raise GuardRefused("guard.not_for_software")
        seq, ends = core.state.software + 1, now + asked.days * authority.DAY
        made = Software(root.domain, root.epoch, seq, asked.version, asked.minimum, asked.stage, now, ends, asked.files)
        read_software(text_of(made))
        noted = {"seq": seq, "version": asked.version, "stage": asked.stage, "by": asked.by, "second": asked.second}
        await core.commit(("software", noted))
    return sign(made, [key])


def _key(guard: Guard, feed: str) -> SigningKey:
    return guard.core.keyring.own(f"feed-{feed}")


def _feed_keys(granted: Delegations, feed: str, key: SigningKey, *, now: int) -> FeedKeys:
    """As it stands, if it stands: a key's beginning does not move."""
    standing = next((one for one in granted.feeds or () if one.feed == feed), None)
    if standing is not None and key.public.id in {one.key for one in standing.keys}:
        return standing
    new = PersonKey(key.public.id, ED25519, key.public.text, now, None)
    return FeedKeys(feed, (*(standing.keys if standing else ()), new))


async def _next_seq(guard: Guard, feed: str) -> int:
    said, kept = guard.feed_seqs.get(feed, (guard.core.state.feeds.get(feed, 0),) * 2)
    if said + 1 > kept:
        kept = said + _SEQS
        await guard.core.commit(("feed_seqs", {"feed": feed, "upto": kept}))
    guard.feed_seqs[feed] = (said + 1, kept)
    return said + 1
