"""From an audience's resolved line-up to the manifest a guard signs: pure."""

import datetime as dt
from typing import Final

from cms.contract import ManifestDraft, Slot as LineUpSlot
from cms.kernel.clock import to_ms
from cms.trust.manifest import Listed, Manifest, Show, Slot
from screens.signer import Trust

# A screen that hears nothing keeps showing what it has (its releases have their own limits); the manifest itself must
# outlive the longest repair, or the street would fall back to the slate before the power of the office is back.
LIFETIME: Final = dt.timedelta(days=30)


def manifest_body(draft: ManifestDraft, *, version: int, trust: Trust, now: dt.datetime) -> Manifest:
    """The unsigned manifest of one audience; `version` comes from `screens.states.next_version`.

    A release in the line-up without a bundle is left out: a screen could not check it anyway.
    """
    return Manifest(
        domain=trust.domain,
        epoch=trust.epoch,
        audience=draft.audience,
        version=version,
        at=to_ms(now),
        expires_at=to_ms(now + LIFETIME),
        root=trust.root_version,
        delegations=trust.delegations_named,
        recalls=trust.recalls_named,
        releases=tuple(_listed(draft)),
        timeline=tuple(_slot(slot, draft) for slot in draft.slots),
    )


def same_content(one: Manifest, other: Manifest) -> bool:
    """Whether two manifests of an audience show the same: then the newer need not be signed and sent."""
    return (one.releases, one.timeline, one.root, one.delegations) == (
        other.releases,
        other.timeline,
        other.root,
        other.delegations,
    )


def _listed(draft: ManifestDraft) -> list[Listed]:
    used = {entry.release for slot in draft.slots for entry in slot.loop}
    return [Listed(release, *draft.bundles[release]) for release in sorted(used & draft.bundles.keys())]


def _slot(slot: LineUpSlot, draft: ManifestDraft) -> Slot:
    loop = tuple(
        Show(entry.release, max(1, round(entry.show.total_seconds() * 1000)))
        for entry in slot.loop
        if entry.release in draft.bundles
    )
    return Slot(to_ms(slot.start), to_ms(slot.end), loop)
