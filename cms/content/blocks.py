"""The article as blocks, schema 1 (docs/formats.md §5): a closed list of types, each field named and bounded.

What comes in is made NFC without control characters; what has no place in the schema is refused, never dropped.
"""

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from cms.content.zones import ZoneError, read_zones
from cms.kernel.errors import Invalid

SCHEMA: Final = 1
MAX_BLOCKS: Final = 500
MAX_CHARACTERS: Final = 100_000
# The words of all zones of an issue beside it: sixteen broadsheet pages, and still half of what a release may weigh.
MAX_PRINTED: Final = 180_000
MAX_CELLS: Final = 2_000
MAX_RUNS: Final = 2_000
MAX_LINE: Final = 500
MAX_HREF: Final = 2_000
MAX_NOTE: Final = 2_000
MAX_CARD: Final = 60
# Deeper than four levels no phone and no street screen has room for.
MAX_LEVEL: Final = 3
SPAN: Final = ("row", "column", "rows", "columns")
MARKS: Final = ("b", "i", "u", "s")

_ID: Final = re.compile(r"b_[a-z0-9]{12}")
# Line breaks belong to text; every other control character, zero-width mark and half of a pair does not.
_NOISE: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2060\ufeff\ud800-\udfff]")

Body = dict[str, Any]
Block = dict[str, Any]


def empty_body() -> Body:
    return {"schema": SCHEMA, "blocks": []}


def read_body(value: object) -> Body:
    """A body in its one form from anything that was sent.

    Raises Invalid `content.block` with the `block` (id or position) and `field`, `content.schema`, `content.too_long`.
    """
    if not isinstance(value, Mapping) or value.keys() != {"schema", "blocks"}:
        raise Invalid("content.schema")
    value = upcast(value)
    blocks = value["blocks"]
    if not isinstance(blocks, list):
        raise Invalid("content.schema")
    if len(blocks) > MAX_BLOCKS:
        raise Invalid("content.too_long", most=MAX_BLOCKS)
    read = [_block(block, position) for position, block in enumerate(blocks)]
    body: Body = {"schema": SCHEMA, "blocks": read}
    _ids_differ(body)
    _continued(body)
    written = {"schema": SCHEMA, "blocks": [block for block in read if block["type"] != "page"]}
    for part, most in ((written, MAX_CHARACTERS), (body, MAX_CHARACTERS + MAX_PRINTED)):
        if sum(map(len, texts(part))) > most:
            raise Invalid("content.too_long", most=most)
    return body


def upcast(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A body of an older schema as today's; the stored revision stays as it is. Raises Invalid `content.schema`."""
    if body["schema"] != SCHEMA or isinstance(body["schema"], bool):
        raise Invalid("content.schema")
    return body


def texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Every text a reader sees, in order."""
    for block in body["blocks"]:
        yield from block_texts(block)


def block_texts(block: Mapping[str, Any]) -> Iterator[str]:
    """Every text of one block, in order."""
    for field in ("title", "alt", "paper", "label"):
        yield from (block[field],) if block.get(field) else ()
    yield from map(plain, inlines(block))
    for field in ("caption", "cite"):
        yield from (block[field],) if block.get(field) else ()
    yield from (note["text"] for note in notes(block))
    for zone in block.get("zones", ()):
        yield from (zone["title"],) if zone.get("title") else ()
        yield from zone.get("text", ())
    for field in block.get("fields", ()):
        yield from (field[name] for name in ("label", "unit") if isinstance(field.get(name), str) and field[name])
        yield from (word["label"] for word in field.get("words", ()) if word.get("label"))


def inlines(block: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Every list of runs of one block, in order."""
    if "text" in block:
        yield block["text"]
    yield from (item["text"] for item in block.get("items", ()))
    yield from (cell for row in block.get("rows", ()) for cell in row)


def notes(block: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The footnotes of one block of a draft, in order: id and text."""
    yield from (run["note"] for inline in inlines(block) for run in inline if isinstance(run.get("note"), dict))


def plain(inline: list[dict[str, Any]]) -> str:
    return "".join(run["t"] for run in inline)


def plain_text(body: Mapping[str, Any]) -> str:
    """The whole article as lines of text, for search, counting and reading aloud."""
    return "\n".join(text for text in texts(body) if text)


def asset_ids(body: Mapping[str, Any]) -> list[uuid.UUID]:
    """The assets a draft names, each once, in order."""
    named = (block.get(field) for block in body["blocks"] for field in ("asset", "poster"))
    return list(dict.fromkeys(uuid.UUID(name) for name in named if name))


def with_assets(body: Mapping[str, Any], hashes: Mapping[uuid.UUID, str]) -> Body:
    """The body as a release has it: masters by hash instead of assets by id. Raises KeyError for one without a hash."""

    def named(block: Block) -> Block:
        return {
            field: hashes[uuid.UUID(value)] if field in {"asset", "poster"} else value for field, value in block.items()
        }

    return {"schema": body["schema"], "blocks": [named(block) for block in body["blocks"]]}


# ---------------------------------------------------------------- reading one block


Reader = Callable[[object, str, str], Any]


def _refuse(block: str, field: str) -> NoReturn:
    raise Invalid("content.block", block=block, field=field)


def _block(value: object, position: int) -> Block:
    if not isinstance(value, Mapping):
        _refuse(str(position), "block")
    where = value.get("id")
    if not isinstance(where, str) or not _ID.fullmatch(where):
        _refuse(str(position), "id")
    type_ = value.get("type")
    fields = TYPES.get(type_) if isinstance(type_, str) else None
    if fields is None:
        _refuse(where, "type")
    unknown = value.keys() - fields.keys() - {"id", "type"}
    if unknown:
        _refuse(where, str(min(map(str, unknown))))
    block: Block = {"id": where, "type": type_}
    for field, (read, wanted) in fields.items():
        if field in value:
            found = read(value[field], where, field)
            if wanted or found:
                block[field] = found
        elif wanted:
            _refuse(where, field)
    if "spans" in block and not _spans_fit(block):
        _refuse(where, "spans")
    return block


def clean_text(value: str) -> str:
    """NFC with the line feed as the only control character; spaces stay, they may stand between two runs."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", _NOISE.sub("", value))


def _line(value: object, where: str, field: str) -> str:
    if not isinstance(value, str):
        _refuse(where, field)
    read = clean_text(value).replace("\n", " ").strip()
    return read if len(read) <= MAX_LINE else _refuse(where, field)


def _inline(value: object, where: str, field: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MAX_RUNS:
        _refuse(where, field)
    joined: list[dict[str, Any]] = []
    for run in (_run(run, where, field) for run in value):
        last = joined[-1] if joined else None
        if not run["t"] and "note" not in run:
            continue
        if last is not None and "note" not in run and {**last, "t": ""} == {**run, "t": ""}:
            # Joined text is normalised again: a combining mark may have stood alone at the seam.
            last["t"] = unicodedata.normalize("NFC", last["t"] + run["t"])
        else:
            joined.append(run)
    return joined


def _run(value: object, where: str, field: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not isinstance(value.get("t"), str):
        _refuse(where, field)
    if "note" in value:
        return {"t": "", "note": _note(value, where, f"{field}.note")}
    if not value.keys() <= {"t", "m", "href"}:
        _refuse(where, field)
    run: dict[str, Any] = {"t": clean_text(value["t"])}
    marks = value.get("m", [])
    if not isinstance(marks, list) or not all(isinstance(mark, str) and mark in MARKS for mark in marks):
        _refuse(where, f"{field}.m")
    if marks:
        run["m"] = [mark for mark in MARKS if mark in marks]
    if "href" in value:
        run["href"] = read_link(value["href"], where, field)
    return run


def _note(run: Mapping[str, Any], where: str, field: str) -> dict[str, str]:
    """A footnote stands where its mark is: a run without text of its own."""
    note = run["note"]
    if run.keys() != {"t", "note"} or run["t"] or not isinstance(note, Mapping) or note.keys() != {"id", "text"}:
        _refuse(where, field)
    if not isinstance(note["id"], str) or not _ID.fullmatch(note["id"]) or not isinstance(note["text"], str):
        _refuse(where, field)
    text = clean_text(note["text"]).replace("\n", " ").strip()
    return {"id": note["id"], "text": text} if len(text) <= MAX_NOTE else _refuse(where, field)


def read_link(value: object, where: str, field: str) -> str:
    """An https address with a host and no sign-in in it. Raises Invalid `content.link`."""
    good = isinstance(value, str) and len(value) <= MAX_HREF and not re.search(r"[\s<>\"\\^`{|}]", value)
    if isinstance(value, str) and good and not _NOISE.search(value):
        try:
            parts = urlsplit(value)
            if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and parts.port != 0:
                return unicodedata.normalize("NFC", value)
        except ValueError:
            pass
    raise Invalid("content.link", block=where, field=field)


def _asset(value: object, where: str, field: str) -> str:
    try:
        return str(uuid.UUID(value)) if isinstance(value, str) else _refuse(where, field)
    except ValueError:
        _refuse(where, field)


def _level(value: object, where: str, field: str) -> int:
    return value if isinstance(value, int) and value in {2, 3} else _refuse(where, field)


def _flag(value: object, where: str, field: str) -> bool:
    return value if isinstance(value, bool) else _refuse(where, field)


def _items(value: object, where: str, field: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_BLOCKS:
        _refuse(where, field)
    read: list[dict[str, Any]] = []
    for item in value:
        # No step is left out on the way down: the first item is at level 0, each at most one below the one before.
        deepest = read[-1].get("level", 0) + 1 if read else 0
        read.append(_item(item, where, field, deepest=deepest))
    return read


def _item(value: object, where: str, field: str, *, deepest: int) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not {"id", "text"} <= value.keys() <= {"id", "text", "level", "ordered"}:
        _refuse(where, field)
    if not isinstance(value["id"], str) or not _ID.fullmatch(value["id"]):
        _refuse(where, f"{field}.id")
    level = value.get("level", 0)
    if type(level) is not int or not 0 <= level <= MAX_LEVEL:
        _refuse(where, f"{field}.level")
    ordered = _flag(value.get("ordered", False), where, f"{field}.ordered")
    item: dict[str, Any] = {"id": value["id"], "text": _inline(value["text"], where, field)}
    level = min(level, deepest)
    return {**item, **({"level": level} if level else {}), **({"ordered": True} if level and ordered else {})}


def _rows(value: object, where: str, field: str) -> list[list[list[dict[str, Any]]]]:
    if not isinstance(value, list) or not value or not all(isinstance(row, list) and row for row in value):
        _refuse(where, field)
    cells = sum(map(len, value))
    if cells > MAX_CELLS:
        raise Invalid("content.table_size", block=where, field=field, cells=cells, most=MAX_CELLS)
    if len({len(row) for row in value}) != 1:
        _refuse(where, field)
    return [[_inline(cell, where, field) for cell in row] for row in value]


def _spans(value: object, where: str, field: str) -> list[dict[str, int]]:
    """Merged cells: each names its first cell and how far it goes; what it covers is empty in `rows`."""
    if not isinstance(value, list) or len(value) > MAX_CELLS:
        _refuse(where, field)
    for span in value:
        if not isinstance(span, Mapping) or span.keys() != set(SPAN) or not all(type(n) is int for n in span.values()):
            _refuse(where, field)
        if min(span["row"], span["column"]) < 0 or min(span["rows"], span["columns"]) < 1:
            _refuse(where, field)
    real = [{name: span[name] for name in SPAN} for span in value if span["rows"] * span["columns"] > 1]
    return sorted(real, key=lambda span: (span["row"], span["column"]))


def _spans_fit(table: Block) -> bool:
    """Inside the table, over empty cells, never twice over one; a header row is merged within itself alone."""
    rows = table["rows"]
    covered: set[tuple[int, int]] = set()
    for span in table["spans"]:
        first = span["row"], span["column"]
        if span["row"] + span["rows"] > len(rows) or span["column"] + span["columns"] > len(rows[0]):
            return False
        if table["header"] and span["row"] == 0 and span["rows"] > 1:
            return False
        of = {(first[0] + i, first[1] + j) for i in range(span["rows"]) for j in range(span["columns"])}
        if of & covered or any(rows[i][j] for i, j in of - {first}):
            return False
        covered |= of
    return True


def _date(value: object, where: str, field: str) -> str:
    try:
        return dt.date.fromisoformat(value).isoformat() if isinstance(value, str) else _refuse(where, field)
    except ValueError:
        _refuse(where, field)


def _card_fields(value: object, where: str, field: str) -> list[Block]:
    """The fields of a data card as they are; whether a feed can fill them is asked when the piece is submitted."""
    if not isinstance(value, list) or len(value) > MAX_CARD or not all(isinstance(one, Mapping) for one in value):
        _refuse(where, field)
    return [{str(name): _card_part(part, where, field) for name, part in one.items()} for one in value]


def _card_part(value: object, where: str, field: str) -> object:
    if isinstance(value, str):
        return _line(value, where, field)
    if type(value) is int and abs(value) < 2**53:
        return value
    if not isinstance(value, list) or len(value) > MAX_CARD:
        _refuse(where, field)
    if not all(isinstance(one, Mapping) and one.keys() <= {"code", "label"} for one in value):
        _refuse(where, field)
    return [{name: _line(part, where, field) for name, part in one.items()} for one in value]


def _zones(value: object, where: str, field: str) -> list[Block]:
    try:
        return read_zones(value, clean_text)
    except ZoneError as error:
        _refuse(where, error.field if error.field.startswith(field) else field)


# type -> field -> (how it is read, whether it must be there)
TYPES: Final[dict[str, dict[str, tuple[Reader, bool]]]] = {
    "paragraph": {"text": (_inline, True)},
    "heading": {"level": (_level, True), "text": (_inline, True)},
    "list": {"ordered": (_flag, True), "items": (_items, True)},
    "quote": {"text": (_inline, True), "cite": (_line, False)},
    "image": {"asset": (_asset, True), "alt": (_line, True), "caption": (_line, False)},
    "notice": {"title": (_line, True), "text": (_inline, True)},
    "table": {"header": (_flag, True), "rows": (_rows, True), "spans": (_spans, False)},
    "divider": {},
    "video": {"asset": (_asset, True), "title": (_line, True), "poster": (_asset, False)},
    # Of the street alone: what a signed feed may say there, and in which words (`cms.signals.feed`).
    "data": {"feed": (_line, True), "fields": (_card_fields, True), "title": (_line, False)},
    # Of a newspaper: which issue of which paper it is, and its pages with what a touch on them opens.
    "issue": {"paper": (_line, True), "date": (_date, True), "number": (_line, False)},
    "page": {"asset": (_asset, True), "label": (_line, True), "zones": (_zones, True)},
}


def _continued(body: Body) -> None:
    """A zone that continues another names one of this issue that continues none."""
    zones = [zone for block in body["blocks"] for zone in block.get("zones", ())]
    first = {zone["id"] for zone in zones if "of" not in zone}
    for zone in zones:
        if zone.get("of", next(iter(first), "")) not in first:
            _refuse(zone["id"], "zones.of")


def _inner(block: Block) -> Iterator[Mapping[str, Any]]:
    """What inside a block has an id of its own."""
    yield from (*block.get("items", ()), *notes(block), *block.get("zones", ()))


def _ids_differ(body: Body) -> None:
    seen: set[str] = set()
    for block in body["blocks"]:
        for one in (block["id"], *(each["id"] for each in _inner(block))):
            if one in seen:
                _refuse(one, "id")
            seen.add(one)
