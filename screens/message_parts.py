"""The parts that messages of the screen protocol are made of: strings, keys and capabilities with their bounds."""

from collections.abc import Mapping
from typing import Annotated, Final

from cms.trust.errors import TrustError
from cms.trust.keys import unb64
from cms.trust.limits import MAX_INTEGER
from cms.trust.shape import between, matches, size

MAX_CAPS: Final = 32
MAX_CAP: Final = 64  # characters of one capability's value
_is_name: Final = matches("[a-z0-9_-]{1,40}")


def _is_key(text: str) -> bool:
    """Thirty-two raw bytes in their only spelling."""
    try:
        unb64(text, size=32)
    except TrustError:
        return False
    return True


def _are_caps(caps: Mapping[str, object]) -> bool:
    return len(caps) <= MAX_CAPS and all(_is_name(name) and _is_cap(value) for name, value in caps.items())


def _is_cap(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_CAP
    return isinstance(value, int) and abs(value) <= MAX_INTEGER  # a bool is an int


Nonce = Annotated[str, matches("[A-Za-z0-9_-]{43}")]
Public = Annotated[str, _is_key]
Proof = Annotated[str, matches("[A-Za-z0-9_-]{86}")]
PairingCode = Annotated[str, matches("[A-HJ-NP-Z2-9]{6}")]
PlayerVersion = Annotated[str, matches("[0-9A-Za-z.+-]{1,32}")]
Why = Annotated[str, matches("[a-z_.]{1,64}")]
Chain = Annotated[str, matches("[A-Za-z0-9_-]{22}")]
ProofRow = Annotated[tuple[Annotated[int, between(-MAX_INTEGER)], ...], size(3, 3)]
Caps = Annotated[Mapping[str, object], _are_caps]
