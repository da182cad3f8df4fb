"""Sandboxed: a small XML file as nested lists; what its elements mean is decided outside."""

import json
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from media.errors import MediaRefused

NAME: Final = "tree.json"
_DEEPEST: Final = 6


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Writes `tree.json`: ``[name, attributes, text, children]`` of the root; what is deeper than a zone is left."""
    try:
        root = ET.fromstring(given.read_bytes())  # noqa: S314 - this is the sandbox, with bounds
    except (ET.ParseError, ValueError, LookupError) as error:
        raise MediaRefused("media.broken", format="xml") from error
    left = int(asked["elements"])

    def plain(element: ET.Element, depth: int) -> list[Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise MediaRefused("media.too_costly")
        inner = [plain(one, depth + 1) for one in element] if depth < _DEEPEST else []
        return [str(element.tag).rpartition("}")[2], dict(element.attrib), element.text or "", inner]

    (out / NAME).write_text(json.dumps(plain(root, 0), ensure_ascii=False), "utf-8")
    return {}
