"""Sandboxed: an RSS or Atom feed as one plain JSON of items; which words it uses for what is decided here alone.

RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0 differ in names, not in what they mean; elements are known by their local name.
"""

import base64
import binascii
import html
import html.entities
import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from dateutil import parser as dates

from media.errors import MediaRefused

NAME: Final = "feed.json"
_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
# Some sites send a channel or an item without what should be around it.
_ROOTS: Final = frozenset({"rss", "RDF", "feed", "channel", "item", "entry"})
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
# Older Chinese sites say gb2312 and send what only its superset has.
_CODECS: Final = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}
_BODY: Final = ("encoded", "content", "body", "fullitem", "description", "summary", "tagline", "abstract")
_SHORT: Final = ("summary", "description", "abstract")
_DATES: Final = ("pubDate", "published", "issued", "date", "created", "updated", "modified")
_RIGHTS: Final = ("license", "rights", "copyright")
_BASE64: Final = frozenset({"application/octet-stream"})


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Writes `feed.json`: {title, rights, items: [{guid, url, title, author, at, source, rights, summary, html}]}."""
    root = _parsed(given.read_bytes())
    if root.tag == "CHANNEL":  # the oldest dialect of all shouts
        for one in root.iter():
            one.tag, one.attrib = str(one.tag).lower(), {name.lower(): value for name, value in one.attrib.items()}
    if _local(root) not in _ROOTS:
        raise MediaRefused("media.no_feed")
    channel = root if _local(root) == "feed" else next(_named(root, "channel"), root)
    found = [one for one in root.iter() if _local(one) in {"item", "entry"}][: int(asked["items"])]
    feed = {
        "title": _line(channel, "title"),
        "rights": _first(channel, _RIGHTS),
        "items": [_item(one, root.get(_BASE, "")) for one in found],
    }
    (out / NAME).write_text(json.dumps(feed, ensure_ascii=False), "utf-8")
    return {"items": len(found)}


def _parsed(data: bytes) -> ET.Element:
    try:
        text = _DECLARATION.sub("", _decoded(data).lstrip("\ufeff \t\r\n"), count=1)
        return ET.fromstring(_ENTITY.sub(_entity, text))  # noqa: S314 - this is the sandbox, with bounds
    except (ET.ParseError, ValueError, LookupError) as error:
        raise MediaRefused("media.feed_broken") from error


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    declared = _DECLARED.match(data[:200])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    try:
        return data.decode(_CODECS.get(name, name))
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace") if name == "utf-8" else data.decode("utf-8", "replace")


def _entity(found: re.Match[str]) -> str:
    """HTML's names, which XML does not know, by their numbers."""
    name = found[1]
    known = None if name in _XML_ENTITIES else html.entities.html5.get(f"{name};")
    return "".join(f"&#{ord(ch)};" for ch in known) if known else found[0]


def _item(item: ET.Element, base: str) -> dict[str, Any]:
    bodies = {name: text for name in _BODY for one in _named(item, name) if (text := _markup(one))}
    body = next((bodies[name] for name in _BODY if name in bodies), "")
    short = next((bodies[name] for name in _SHORT if name in bodies), "")
    url = _link(item)
    return {
        "guid": _first(item, ("guid", "id")) or item.get(_about(item), "") or url,
        "url": url,
        "base": item.get(_BASE, "") or base or url,
        "title": _line(item, "title"),
        "author": _author(item),
        "at": _at(item),
        "source": next((name for one in _named(item, "source") if (name := _origin(one))), ""),
        "rights": _first(item, _RIGHTS),
        "summary": short if short != body else "",
        "html": body,
        "pictures": list(_enclosed(item)),
    }


def _markup(element: ET.Element) -> str:
    """The HTML of an element however it was packed: as elements, escaped, as base64, or as plain text."""
    kind, mode = element.get("type", ""), element.get("mode", "")
    if len(element):
        inner = html.escape(element.text or "", quote=False)
        return (inner + "".join(map(_written, element))).strip()
    text = (element.text or "").strip()
    if mode == "base64" or kind in _BASE64:
        try:
            text = base64.b64decode(text, validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    plain = kind in {"text", "text/plain"}
    return f"<p>{html.escape(text, quote=False)}</p>" if plain and text else text


def _written(element: ET.Element) -> str:
    for one in element.iter():
        one.tag = _local(one)
        one.attrib = {name.rpartition("}")[2]: value for name, value in one.attrib.items()}
    return ET.tostring(element, "unicode", method="html")


def _line(element: ET.Element, name: str) -> str:
    """The first such child as one line of plain text."""
    for one in _named(element, name):
        kind = one.get("type", "")
        text = "".join(one.itertext()) if len(one) else (one.text or "")
        if (one.get("mode") == "base64" or kind in _BASE64) and not len(one):
            text = _markup(one)
        if kind not in {"text", "text/plain"} and not len(one) and re.search(r"</?\w|&#?\w+;", text):
            text = html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", text))
        if text.strip():
            return " ".join(text.split())
    return ""


def _first(element: ET.Element, names: tuple[str, ...]) -> str:
    for name in names:
        for one in _named(element, name):
            found = (
                _text(one)
                or one.get("href", "")
                or one.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource", "")
            )
            if found:
                return found
    return next((one.get("href", "") for one in _named(element, "link") if one.get("rel") == "license"), "")


def _link(item: ET.Element) -> str:
    links = list(_named(item, "link"))
    for one in links:
        if one.get("href") and one.get("rel", "alternate") == "alternate":
            return one.get("href", "").strip()
    for one in links:
        if _text(one) and not one.get("href"):
            return _text(one)
    guid = next(_named(item, "guid"), None)
    if guid is not None and guid.get("isPermaLink", "true") == "true" and _text(guid).startswith("http"):
        return _text(guid)
    return next((one.get("href", "") for one in links), "") or item.get("href", "")


def _author(item: ET.Element) -> str:
    for name in ("author", "creator"):
        for one in _named(item, name):
            found = _line(one, "name") or (_text(one) if not len(one) else "") or _line(one, "email")
            if found:
                return " ".join(found.split())
    return ""


def _origin(source: ET.Element) -> str:
    """The name of where an item came from first; an address is no name."""
    name = _line(source, "title") if len(source) else _text(source)
    return "" if name.startswith(("http://", "https://")) else name


def _at(item: ET.Element) -> str:
    for name in _DATES:
        for one in _named(item, name):
            text = _text(one)
            for read in (parsedate_to_datetime, dates.parse):
                try:
                    at = read(text)
                except (ValueError, TypeError, OverflowError):
                    continue
                return at.isoformat() if at.tzinfo else f"{at.isoformat()}+00:00"
    return ""


def _enclosed(item: ET.Element) -> Iterator[str]:
    for one in item.iter():
        kind = one.get("type", "")
        url = one.get("url") or (one.get("href") if one.get("rel") == "enclosure" else None)
        is_picture = kind.startswith("image/") or one.get("medium") == "image" or _local(one) == "thumbnail"
        if url and is_picture and _local(one) in {"enclosure", "link", "content", "thumbnail"}:
            yield url


def _about(item: ET.Element) -> str:
    return next((name for name in item.attrib if name.endswith("}about")), "about")


def _named(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """Children of this local name; what belongs to media players is not text."""
    return (one for one in element if _local(one) == name and "search.yahoo.com" not in one.tag)


def _text(element: ET.Element) -> str:
    return "".join(element.itertext()).strip()


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
