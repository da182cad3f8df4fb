import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest

from media.errors import MediaRefused
from media.limits import DocumentLimits
from media.worker.docx import run

TYPES = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
RELS = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>{}</Relationships>"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LIMITS = asdict(DocumentLimits())


def _package(path: Path, **more: str | bytes) -> Path:
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "word/document.xml": "<w:document/>",
        "_rels/.rels": RELS.format(""),
        **more,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return path


def _code(path: Path, **limits: int) -> str:
    with pytest.raises(MediaRefused) as caught:
        run(path, path.parent, {**LIMITS, **limits})
    return caught.value.code


def _relationship(kind: str, mode: str = "External") -> str:
    return RELS.format(f"<Relationship Id='r1' Type='{OFFICE}/{kind}' Target='http://x/' TargetMode='{mode}'/>")


def test_run_on_a_plain_package_with_links_accepts_it(tmp_path: Path) -> None:
    path = _package(tmp_path / "x", **{"word/_rels/document.xml.rels": _relationship("hyperlink")})
    assert run(path, tmp_path, LIMITS) == {"entries": 4}


@pytest.mark.parametrize("kind", ["attachedTemplate", "image", "oleObject", "frame", "subDocument"])
def test_run_on_parts_from_elsewhere_refuses(tmp_path: Path, kind: str) -> None:
    path = _package(tmp_path / "x", **{"word/_rels/settings.xml.rels": _relationship(kind, "eXternal")})
    assert _code(path) == "media.outside_parts"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_run_on_entities_in_relationships_refuses(tmp_path: Path, encoding: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + RELS.format("&b;")
    path = _package(tmp_path / "x", **{"word/_rels/document.xml.rels": bomb.encode(encoding)})
    assert _code(path) == "media.outside_parts"


def test_run_on_broken_relationships_refuses(tmp_path: Path) -> None:
    assert _code(_package(tmp_path / "x", **{"word/_rels/a.rels": "<oops"})) == "media.broken"


def test_run_on_bombs_refuses(tmp_path: Path) -> None:
    zeros = _package(tmp_path / "zeros", **{"word/media/x.bin": b"\0" * 8_000_000})
    assert _code(zeros) == "media.zip_bomb"
    many = _package(tmp_path / "many", **{f"word/{n}": "x" for n in range(50)})
    assert _code(many, entries=20) == "media.zip_bomb"
    assert _code(many, unpacked_bytes=50) == "media.zip_bomb"
    assert _code(many, entry_bytes=50) == "media.zip_bomb"


def test_run_on_entries_that_share_bytes_refuses(tmp_path: Path) -> None:
    path = _package(tmp_path / "x", **{"word/a": "a" * 100, "word/b": "b" * 100})
    data = bytearray(path.read_bytes())
    offsets = [at for at in range(len(data)) if data[at : at + 4] == b"PK\1\2"]
    data[offsets[4] + 42 : offsets[4] + 46] = data[offsets[3] + 42 : offsets[3] + 46]
    path.write_bytes(data)
    assert _code(path) == "media.zip_bomb"


def test_run_on_a_wrong_checksum_refuses(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as package:  # stored, so that a flipped byte stays readable
        package.writestr("[Content_Types].xml", TYPES)
        package.writestr("word/document.xml", "<w:document>words</w:document>")
    path.write_bytes(path.read_bytes().replace(b"words", b"worms", 1))
    assert _code(path) == "media.broken"


def test_run_on_packages_that_are_not_word_documents_refuses(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("[Content_Types].xml", TYPES)
    assert _code(path) == "media.broken"
    path.write_bytes(b"PK\3\4 and nothing else")
    assert _code(path) == "media.broken"
    assert _code(_package(tmp_path / "climb", **{"../../etc/x": "y"})) == "media.broken"
    assert _code(_package(tmp_path / "macro", **{"word/vbaProject.bin": "y"})) == "media.macros"


def test_run_on_an_encrypted_entry_refuses(tmp_path: Path) -> None:
    path = _package(tmp_path / "x")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1
    path.write_bytes(data)
    assert _code(path) == "media.locked_document"
