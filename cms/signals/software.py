"""Releases of the player's own software: which files a verified screen installs, and which screens go first."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from cms.trust import shape
from cms.trust.errors import TrustError
from cms.trust.keys import sha256
from cms.trust.limits import CHUNK, MAX_CHUNKS, MAX_FILES
from cms.trust.root import Root
from cms.trust.shape import Count, Domain, Hash, Ms
from cms.trust.signed import Signed, Verified, read_body
from cms.trust.verify import by_role

ALL: Final = 1_000  # thousandths of the screens
STAGES: Final = (10, 100, ALL)
Version = Annotated[str, shape.matches(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}")]
_NAME = r"[a-z0-9_][a-z0-9_.-]{0,99}"


@dataclass(frozen=True, slots=True)
class SoftwareFile:
    """A file below the player's folder; nothing above it can be named, and nothing hidden."""

    path: Annotated[str, shape.matches(rf"({_NAME}/){{0,7}}{_NAME}")]
    sha256: Hash
    size: Annotated[int, shape.between(0, MAX_CHUNKS * CHUNK)]


@dataclass(frozen=True, slots=True)
class Software:
    """`stage` thousandths of the screens take it; those below `minimum` take it at every stage.

    `seq` counts every signature of the role, also the one that widens a stage or goes back to an earlier version:
    going back needs a higher `seq`, and never below `minimum`.
    """

    TYPE: ClassVar[str] = "player"

    domain: Domain
    epoch: Count
    seq: Count
    version: Version
    minimum: Version
    stage: Annotated[int, shape.between(1, ALL)]
    at: Ms
    expires_at: Ms
    files: Annotated[tuple[SoftwareFile, ...], shape.size(1, MAX_FILES)]

    def is_for(self, screen: str, *, running: str) -> bool:
        """Whether this screen (its id), which runs version `running`, takes it at this stage."""
        if running == self.version:
            return False
        return order(running) < order(self.minimum) or share(self.version, screen) < self.stage


def share(version: str, screen: str) -> int:
    """Where a screen stands among a thousand for a version: other screens go first each time."""
    return int(sha256(f"yunping/stage/1\n{version}\n{screen}".encode())[:8], 16) % ALL


def order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def read_software(text: str) -> Software:
    """Raises TrustError as `read_body`: also `trust.schema` for a stage, a path twice, a version below the minimum."""
    software = read_body(Software, text)
    if software.stage not in STAGES:
        raise TrustError("trust.schema", field="player.stage")
    if order(software.version) < order(software.minimum):
        raise TrustError("trust.schema", field="player.minimum")
    paths = [one.path for one in software.files]
    folders = {path[:at] for path in paths for at, letter in enumerate(path) if letter == "/"}
    if len(set(paths)) != len(paths) or folders.intersection(paths):
        raise TrustError("trust.schema", field="player.files")
    return software


def verify_software(signed: Signed, root: Verified[Root]) -> Verified[Software]:
    """By the root's own role for it, never by the guard: a stolen guard key installs nothing."""
    return by_role(signed, read_software, root.value, "player")
