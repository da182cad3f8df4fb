"""Where a display's output goes: files into the public tree, manifests to the screens' side."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from cms.contract import Files, Manifests, Piece, Receipt, Target
from cms.publishing.run import Order
from cms.publishing.tree_writer import Link, TreeWriter


class ManifestWriter(Protocol):
    """Signs manifests and makes them the newest of their audiences; written on the screens' side."""

    async def write(self, manifests: Manifests, *, target: Target, turn: int, now: dt.datetime) -> Sequence[str]:
        """The audiences that changed. Writing the same again changes nothing.

        `turn` is the target's counter: an older one than was written before comes from a worker that lost its lease.

        Raises:
            Unavailable: the guard or the database is away; nothing or a whole audience was written.
        """
        ...


@dataclass(frozen=True, slots=True)
class TargetOutputs:
    """Implements `cms.publishing.run.Outputs` for one claimed delivery.

    Attributes:
        still_ours: renews the lease; raises LeaseLost when it is gone. Asked right before anything becomes visible.
    """

    tree: TreeWriter
    screens: ManifestWriter
    turn: int
    now: Callable[[], dt.datetime]
    still_ours: Callable[[], Awaitable[None]]

    async def files(self, order: Order, files: Files) -> Receipt:
        await self.still_ours()
        now = self.now()
        links = piece_links(order.piece)
        applied = await self.tree.apply(files, writer=order.target.code, turn=self.turn, now=now, links=links)
        places = tuple(file.path for file in files.write if _is_of(file.releases, order.piece))
        detail = {"kind": "files", "tree": applied.seq, "bytes": applied.size, "rolls": files.rolls}
        return Receipt(_state(order), now, places, detail=detail)

    async def manifests(self, order: Order, manifests: Manifests) -> Receipt:
        await self.still_ours()
        now = self.now()
        # The files first: a screen asks for them the moment it has the manifest.
        links = piece_links(order.piece)
        await self.tree.apply(Files(()), writer=order.target.code, turn=self.turn, now=now, links=links)
        audiences = await self.screens.write(manifests, target=order.target, turn=self.turn, now=now)
        return Receipt(_state(order), now, tuple(audiences), detail={"kind": "manifests", "rolls": True})


def piece_links(piece: Piece | None) -> tuple[Link, ...]:
    """What becomes public with a piece: the files it draws, and the bundle that proves it."""
    if piece is None or not piece.release:
        return ()
    bundle = Link(piece.bundle, piece.bundle_size, "application/json", (piece.release,))
    return (*(Link(a.sha256, a.size, a.media_type, (piece.release,)) for a in piece.assets), bundle)


def _state(order: Order) -> Literal["live", "gone"]:
    return "gone" if order.removed is not None else "live"


def _is_of(releases: Sequence[str], piece: Piece | None) -> bool:
    return piece is not None and piece.release in releases
