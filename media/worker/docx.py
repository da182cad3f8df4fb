"""Sandboxed: prove that a docx is a modest, self-contained Word package before anyone converts it."""

import itertools
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from media.errors import MediaRefused

_MUST_HAVE: Final = {"[Content_Types].xml", "word/document.xml"}
# Packages of the same make that are no text.
_COUSINS: Final = {"xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
_RELATIONSHIP: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FREE_RATIO: Final = 1 << 20  # bytes; below that no ratio does harm
_BLOCK: Final = 1 << 18
_READ_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - one signature
    """Check only; nothing is written."""
    try:
        with zipfile.ZipFile(given) as package:
            members = package.infolist()
            _check_table(members, asked)
            for member in members:
                _check_member(package, member)
    except _READ_ERRORS as error:
        raise MediaRefused("media.broken", format="docx") from error
    return {"entries": len(members)}


def _check_table(members: list[zipfile.ZipInfo], asked: dict[str, Any]) -> None:
    names = {member.filename for member in members}
    for part, name in _COUSINS.items():
        if part in names:
            raise MediaRefused("media.wrong_kind", found=name)
    if not names >= _MUST_HAVE or len(names) != len(members):
        raise MediaRefused("media.broken", format="docx")
    if any(member.flag_bits & 1 for member in members):
        raise MediaRefused("media.locked_document", format="docx")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise MediaRefused("media.macros")
    if any(name.startswith(("/", "\\")) or ".." in name.split("/") for name in names):
        raise MediaRefused("media.broken", format="docx")
    total = sum(member.file_size for member in members)
    largest = max(member.file_size for member in members)
    if (
        len(members) > int(asked["entries"])
        or total > int(asked["unpacked_bytes"])
        or largest > int(asked["entry_bytes"])
        or any(_explodes(member, int(asked["ratio"])) for member in members)
        or _overlap(members)
    ):
        raise MediaRefused("media.zip_bomb")


def _explodes(member: zipfile.ZipInfo, ratio: int) -> bool:
    return member.file_size > _FREE_RATIO and member.file_size > member.compress_size * ratio


def _overlap(members: list[zipfile.ZipInfo]) -> bool:
    """Entries that share packed bytes multiply them: the flat bomb that needs no ratio."""
    spans = sorted((member.header_offset, member.compress_size) for member in members)
    return any(start + size > after for (start, size), (after, _) in itertools.pairwise(spans))


def _check_member(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack to nowhere, so that a wrong size or checksum shows here; read relationships."""
    with package.open(member) as file:
        if member.filename.endswith(".rels"):
            _check_relationships(file.read())
        while file.read(_BLOCK):
            pass


def _check_relationships(xml: bytes) -> None:
    """Links are fine; templates, frames, pictures and objects from elsewhere are not."""
    if b"<!" in xml.replace(b"\0", b"").replace(b"<!--", b""):
        raise MediaRefused("media.outside_parts")
    try:
        root = ET.fromstring(xml)  # noqa: S314 - no DTD can be in it, and this is the sandbox
    except (ET.ParseError, expat.ExpatError, ValueError) as error:
        raise MediaRefused("media.broken", format="docx") from error
    for relationship in root.iter(_RELATIONSHIP):
        outside = relationship.get("TargetMode", "").lower() == "external"
        if outside and not relationship.get("Type", "").lower().endswith("/hyperlink"):
            raise MediaRefused("media.outside_parts")
