"""Who holds a screen: whatever the order of coming and going, the newest connection does, or nobody."""

import itertools
import uuid
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from screens.connection import ScreenConnection
from screens.fanout import Group
from screens.registry import Registry

SCREENS = [uuid.UUID(int=number) for number in range(3)]
LANES = itertools.count(1)
AUDIENCES = ["street", "square", None]


class Peer:
    """As much of a connection as a registry and a group touch."""

    def __init__(self) -> None:
        self.group: Group | None = None
        self.lane = next(LANES)
        self.has = (0, 0, 0, 0)


class Registered(RuleBasedStateMachine):
    """Connections enter, move, and leave in any order, also twice, also after they were replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry()
        self.links: dict[uuid.UUID, Peer] = {}
        self.screens: dict[Peer, uuid.UUID] = {}
        self.all: list[Peer] = []

    @rule(screen=st.sampled_from(SCREENS), audience=st.sampled_from(AUDIENCES))
    def enter(self, screen: uuid.UUID, audience: str | None) -> None:
        peer = Peer()
        self.all.append(peer)
        before = self.registry.enter(screen, cast("ScreenConnection", peer))
        assert before is cast("Any", self.links.get(screen))
        if before is not None:
            assert before.group is None
        self.links[screen] = peer
        self.screens[peer] = screen
        self.registry.place(cast("ScreenConnection", peer), audience)

    @rule(pick=st.integers(0, 10**6))
    def leave(self, pick: int) -> None:
        if not self.all:
            return
        peer = self.all[pick % len(self.all)]
        left = self.registry.leave(cast("ScreenConnection", peer))
        screen = self.screens[peer]
        if self.links.get(screen) is peer:
            assert left == screen
            del self.links[screen]
        else:
            assert left is None

    @rule(screen=st.sampled_from(SCREENS), audience=st.sampled_from(AUDIENCES))
    def move(self, screen: uuid.UUID, audience: str | None) -> None:
        peer = self.links.get(screen)
        if peer is not None:
            group = self.registry.place(cast("ScreenConnection", peer), audience)
            assert (group.audience if group else None) == audience

    @invariant()
    def newest_holds(self) -> None:
        assert len(self.registry) == len(self.links)
        for screen in SCREENS:
            assert self.registry.get(screen) is cast("Any", self.links.get(screen))

    @invariant()
    def groups_hold_linked_ones_only(self) -> None:
        grouped = {cast("Any", peer) for group in self.registry.groups.values() for peer in group.apart}
        assert grouped == {peer for peer in self.links.values() if peer.group is not None}


TestRegistered = Registered.TestCase
