"""Footnotes as a release has them: numbered marks in the text, and the notes as a list at the end. Pure.

A draft keeps each note where its mark stands, so that no number can be wrong while people write. Readers of a release
(channels, players in the street, older ones too) know runs of text and lists: nothing of a note is lost on any of them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cms.content.blocks import Block, Body, notes

_ADDRESS: Final = re.compile(r"https://[^\s<>\"\\\\^`{|}，。；、）》”]+")


def numbered(body: Mapping[str, Any]) -> Body:
    """The body with ``{"t": "[1]", "note": id}`` for each note, and a last list with ``"notes": true``.

    A note without words has no number; a body without notes is the same body.
    """
    found = [note for block in body["blocks"] for note in notes(block)]
    if not found:
        return {"schema": body["schema"], "blocks": body["blocks"]}
    said = [note for note in found if note["text"]]
    marks = {note["id"]: f"[{number}]" for number, note in enumerate(said, 1)}
    blocks = [_marked(block, marks) for block in body["blocks"]]
    items = [{"id": note["id"], "text": list(_runs(note["text"]))} for note in said]
    if items:
        blocks.append({"id": _free(body), "type": "list", "ordered": True, "notes": True, "items": items})
    return {"schema": body["schema"], "blocks": blocks}


def _marked(block: Block, marks: Mapping[str, str]) -> Block:
    if not any(True for _ in notes(block)):
        return block

    def runs(inline: list[dict[str, Any]]) -> list[dict[str, Any]]:
        drawn = (_mark(run, marks) for run in inline)
        return [run for run in drawn if run["t"]]

    changed = dict(block)
    if "text" in block:
        changed["text"] = runs(block["text"])
    if "items" in block:
        changed["items"] = [{**item, "text": runs(item["text"])} for item in block["items"]]
    if "rows" in block:
        changed["rows"] = [[runs(cell) for cell in row] for row in block["rows"]]
    return changed


def _mark(run: dict[str, Any], marks: Mapping[str, str]) -> dict[str, Any]:
    if "note" not in run:
        return run
    name = run["note"]["id"]
    return {"t": marks.get(name, ""), "note": name}


def _runs(text: str) -> Iterator[dict[str, Any]]:
    """A note's words, its addresses as links: sources are what most notes are about."""
    end = 0
    for address in _ADDRESS.finditer(text):
        if address.start() > end:
            yield {"t": text[end : address.start()]}
        yield {"t": address[0], "href": address[0]}
        end = address.end()
    if end < len(text):
        yield {"t": text[end:]}


def _free(body: Mapping[str, Any]) -> str:
    """An id for the list that no block has."""
    taken = {one["id"] for block in body["blocks"] for one in (block, *block.get("items", ()), *notes(block))}
    return next(name for name in (f"b_notes{number:07d}" for number in range(len(taken) + 1)) if name not in taken)
