"""Everything a worker works with, made once a process by whoever wires it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cms import contract
from cms.contract import Channel
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.metrics import Metrics
from cms.publishing.guarding import Guard
from cms.publishing.outputs import ManifestWriter
from cms.publishing.tree_writer import TreeWriter
from media.store import Store

ServicesOf = Callable[[contract.Target], contract.Services]


@dataclass(frozen=True, slots=True)
class Workshop:
    """`services` makes what a renderer is given for a target; `channels` are by kind."""

    database: Database
    clock: Clock
    store: Store
    channels: Mapping[str, Channel]
    services: ServicesOf
    tree: TreeWriter
    screens: ManifestWriter
    guard: Guard
    metrics: Metrics | None = None
