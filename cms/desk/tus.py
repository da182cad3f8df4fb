"""The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read from whatever somebody sent."""

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from typing import Final

from cms.kernel.errors import DomainError, Invalid, NotFound, Refused, Unavailable
from cms.library.uploads import Wish
from media.errors import MediaRefused
from media.parts import ALGORITHMS, Checksum

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,checksum,expiration,termination"
PIECE: Final = "application/offset+octet-stream"
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_DIGEST_BYTES: Final = {"sha1": 20, "sha256": 32}


class Gone(NotFound):
    """The upload is over."""

    status = 410


class TooLong(Invalid):
    """More than was announced, or than is taken at all."""

    status = 413


class WrongType(Invalid):
    """A piece that does not say that it is one."""

    status = 415


class WrongVersion(Refused):
    """Another version of the protocol."""

    status = 412


class Locked(Refused):
    """Another request writes at this moment."""

    status = 423


class WrongChecksum(Refused):
    """A piece that arrived damaged; the status is the protocol's own."""

    status = 460


class Full(Unavailable):
    """No room on the disk."""

    status = 507


_STATUS: Final[Mapping[str, type[DomainError]]] = {
    "media.part_busy": Locked,
    "media.part_offset": Refused,
    "media.part_too_long": TooLong,
    "media.part_checksum": WrongChecksum,
    "media.too_large": TooLong,
    "media.disk_full": Full,
    "media.not_found": Gone,
    "library.upload_over": Gone,
}


def spoken(error: DomainError | MediaRefused) -> DomainError | None:
    """A refusal with the protocol's status; None for one that has a good status already."""
    kind = _STATUS.get(error.code)
    return None if kind is None else kind(error.code, **error.params)


def check_version(headers: Mapping[str, str]) -> None:
    """Raises WrongVersion `library.upload_version`."""
    if headers.get("Tus-Resumable") != VERSION:
        raise WrongVersion("library.upload_version", version=VERSION)


def number(headers: Mapping[str, str], name: str) -> int:
    """Raises Invalid `library.upload_header`."""
    value = headers.get(name, "")
    if _DIGITS.fullmatch(value) is None:
        raise Invalid("library.upload_header", name=name)
    return int(value)


def wish_of(headers: Mapping[str, str]) -> Wish:
    """What a creation asks for. Raises Invalid `library.upload_header`."""
    told = metadata(headers.get("Upload-Metadata", ""))
    return Wish(
        size=number(headers, "Upload-Length"),
        name=told.get("filename", ""),
        folder=_id(told, "folder"),
        replaces=_id(told, "replaces"),
        keep_twin=told.get("twin") == "keep",
    )


def metadata(value: str) -> dict[str, str]:
    """``key base64,key base64``; a key alone has an empty value. Raises Invalid `library.upload_header`."""
    found: dict[str, str] = {}
    for pair in value.split(",") if value.strip() else ():
        key, _, coded = pair.strip().partition(" ")
        try:
            text = base64.b64decode(coded.strip(), validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise Invalid("library.upload_header", name="Upload-Metadata") from error
        if _KEY.fullmatch(key) is None or key in found:
            raise Invalid("library.upload_header", name="Upload-Metadata")
        found[key] = text
    return found


def checksum_of(headers: Mapping[str, str]) -> Checksum | None:
    """Raises Invalid `library.upload_header`."""
    value = headers.get("Upload-Checksum")
    if value is None:
        return None
    algorithm, _, coded = value.partition(" ")
    try:
        digest = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("library.upload_header", name="Upload-Checksum") from error
    if algorithm not in ALGORITHMS or len(digest) != _DIGEST_BYTES[algorithm]:
        raise Invalid("library.upload_header", name="Upload-Checksum")
    return Checksum(algorithm, digest)


def _id(told: Mapping[str, str], key: str) -> uuid.UUID | None:
    if not told.get(key):
        return None
    try:
        return uuid.UUID(told[key])
    except ValueError as error:
        raise Invalid("library.upload_header", name="Upload-Metadata") from error
