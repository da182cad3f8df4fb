"""The simulators' own reader of multipart/form-data: strict, because a platform's is."""

import re
from dataclasses import dataclass

_BOUNDARY = re.compile(r';\s*boundary="?([^";,]{1,70})"?', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([a-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.IGNORECASE)


class BadMultipart(Exception):
    """Not a form that a server would take."""


@dataclass(frozen=True)
class Part:
    """One field or file of a form."""

    name: str
    filename: str | None
    media_type: str
    data: bytes


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """All parts; raises `BadMultipart` for anything that is not exactly framed."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or not found:
        raise BadMultipart("no multipart/form-data with a boundary")
    mark = b"--" + found[1].encode()
    if body.startswith(mark):
        body = b"\r\n" + body
    pieces = body.split(b"\r\n" + mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise BadMultipart("no closing boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, gap, data = piece.partition(b"\r\n\r\n")
    if not gap or not head.startswith(b"\r\n"):
        raise BadMultipart("a part without a blank line")
    headers = {}
    for line in head[2:].split(b"\r\n"):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon:
            raise BadMultipart("a header without a colon")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    values = {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PARAMETER.finditer(disposition)}
    if not disposition.lower().startswith("form-data") or "name" not in values:
        raise BadMultipart("a part without a name")
    return Part(values["name"], values.get("filename"), headers.get("content-type", ""), data)


def field_named(parts: list[Part], name: str) -> Part | None:
    return next((part for part in parts if part.name == name), None)
