"""An order as ADI XML: objects and mappings with what is asked of each. Pure; equal orders give equal bytes."""

from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

from renderers.iptv.elements import Changes, Element, Link
from renderers.iptv.profiles import Profile
from renderers.iptv.text import legal

HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
ADDRESS_LONGEST: Final = 1024


class TooLong(Exception):
    """An address is longer than any operator reads."""


def order(said: Changes, dialect: Profile, addresses: Mapping[str, str]) -> str:
    """The document.

    Args:
        said: what is asked.
        dialect: the operator's words.
        addresses: where each element with a file is fetched, by the element's id.

    Raises:
        TooLong: an address beyond 1,024 characters.
    """
    lines = [f"<ADI{_attributes({'xmlns': dialect.namespace} if dialect.namespace else {})}>"]
    if said.elements:
        lines += [" <Objects>", *(line for act, one in said.elements for line in _object(act, one, dialect, addresses))]
        lines.append(" </Objects>")
    if said.links:
        lines += [" <Mappings>", *(line for act, one in said.links for line in _mapping(act, one, dialect))]
        lines.append(" </Mappings>")
    return HEAD + "\n".join((*lines, "</ADI>", ""))


def _object(act: str, one: Element, dialect: Profile, addresses: Mapping[str, str]) -> Iterable[str]:
    named = {"ElementType": one.kind, "ID": one.id, "Code": one.id, "Action": dialect.actions[act]}
    given = dict(one.properties)
    if one.id in addresses and one.file:
        if len(addresses[one.id]) > ADDRESS_LONGEST:
            raise TooLong(one.id)
        given |= dialect.named(one.kind, {"FileURL": addresses[one.id]})
    yield from _with_properties("Object", named, given)


def _mapping(act: str, one: Link, dialect: Profile) -> Iterable[str]:
    named = {
        "ParentType": one.parent_kind,
        "ParentID": one.parent,
        "ParentCode": one.parent,
        "ElementType": one.kind,
        "ElementID": one.id,
        "ElementCode": one.id,
        "Action": dialect.actions[act],
    }
    yield from _with_properties("Mapping", named, dict(one.said))


def _with_properties(tag: str, named: Mapping[str, str], given: Mapping[str, str]) -> Iterable[str]:
    opened = f"  <{tag}{_attributes(named)}"
    if not given:
        yield f"{opened}/>"
        return
    yield f"{opened}>"
    for name, value in sorted(given.items()):
        yield f"   <Property{_attributes({'Name': name})}>{_text(value)}</Property>"
    yield f"  </{tag}>"


def _attributes(named: Mapping[str, str]) -> str:
    return "".join(f" {name}={_quoted(value)}" for name, value in named.items())


def _quoted(value: str) -> str:
    # A line break in an attribute would come back as a space.
    return quoteattr(legal(value), {"\n": "&#10;", "\t": "&#9;"})


def _text(value: str) -> str:
    return legal(value).translate(_ESCAPED)
