"""What a renderer may see of the core: pieces, targets, line-ups, receipts, channels and the injected services.

A channel is a folder under `renderers/` with one entry point in ``yunping.renderers`` that returns a `Channel`. It has
renderers of two kinds and no third:

* *Display* shows what is live: ``render(delta) -> Files | Manifests``; the core writes what it returns, atomically.
* *Post* hands a piece to a platform once: ``prepare -> send -> reconcile -> correct -> recall``.

What must be answered at request time (a playlist that moves with the clock) is a pure function of published files, the
request and the instant: ``serve``. A platform that calls back talks to ``callback``, which only hints: the state comes
from a read call.

Renderers keep nothing of their own: what must survive a restart goes through the services, which are per account.
Nothing here knows a database; `renderers.conformance` proves every channel against this page.
"""

from cms.contract.accounts import Comments, Consent, LastAnswer, Quota, Rate, Standing, Stands, Trial, Upkeep
from cms.contract.air import Aired, Airing, OnAir
from cms.contract.audience import AudienceRule, Verdict, Why, covers
from cms.contract.channel import Channel, Form, Preview, Route
from cms.contract.display import Delta, Display, File, Files, ManifestDraft, Manifests, Receipt, Removed
from cms.contract.errors import AssetGone, Busy, ContractError, OutboundRefused, Spent
from cms.contract.pieces import AssetFile, Byline, Columns, CutIn, Entry, Laid, LineUp, Piece, Receiver, Slot, Target
from cms.contract.posts import Accepted, Correction, Manual, NotSent, Outcome, Post, Prepared, Sent, Unknown
from cms.contract.requests import Admit, Ask, Callback, Lost, Reply, Serve, Span
from cms.contract.services import (
    VOLATILE,
    AccountState,
    Assets,
    Bench,
    Budget,
    Journal,
    Lease,
    LineUps,
    Made,
    Outbound,
    Published,
    Search,
    Services,
    Site,
    Studio,
    Vault,
)

__all__ = [
    "VOLATILE",
    "Accepted",
    "AccountState",
    "Admit",
    "Aired",
    "Airing",
    "Ask",
    "AssetFile",
    "AssetGone",
    "Assets",
    "AudienceRule",
    "Bench",
    "Budget",
    "Busy",
    "Byline",
    "Callback",
    "Channel",
    "Columns",
    "Comments",
    "Consent",
    "ContractError",
    "Correction",
    "CutIn",
    "Delta",
    "Display",
    "Entry",
    "File",
    "Files",
    "Form",
    "Journal",
    "Laid",
    "LastAnswer",
    "Lease",
    "LineUp",
    "LineUps",
    "Lost",
    "Made",
    "ManifestDraft",
    "Manifests",
    "Manual",
    "NotSent",
    "OnAir",
    "Outbound",
    "OutboundRefused",
    "Outcome",
    "Piece",
    "Post",
    "Prepared",
    "Preview",
    "Published",
    "Quota",
    "Rate",
    "Receipt",
    "Receiver",
    "Removed",
    "Reply",
    "Route",
    "Search",
    "Sent",
    "Serve",
    "Services",
    "Site",
    "Slot",
    "Span",
    "Spent",
    "Standing",
    "Stands",
    "Studio",
    "Target",
    "Trial",
    "Unknown",
    "Upkeep",
    "Vault",
    "Verdict",
    "Why",
    "covers",
]
