"""Articles of any shape with any text in them, and a reader of HTML that takes only what stands on a list."""

import dataclasses
import datetime as dt
import hashlib
import html.parser
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from cms.contract import AssetFile, Piece
from renderers.conformance.samples import HOSTILE, make_piece

AT = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
MARKS = ("b", "i", "u", "s")

# What a person can paste, and what a machine would rather not read.
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.builds(lambda a, b: a + b, st.sampled_from(HOSTILE), st.text("<>&\"'/=`{}%\\-!", max_size=12)),
)
LINKS = st.one_of(
    st.sampled_from(
        (
            "https://www.example.cn/a?b=1&c=2",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            ' https://x" onclick="alert(1)',
            "https://www.example.cn/\" autofocus onfocus='alert(1)",
            "//evil.example",
        )
    ),
    TEXTS,
)
FILM = "f" * 64
FILM_FILES = tuple(
    AssetFile(hashlib.sha256(name.encode()).hexdigest(), 5_000_000, media_type, 1280, 720, FILM, name)
    for name, media_type in (
        ("play-720", "video/mp4"),
        ("poster", "image/jpeg"),
        ("house-index", "application/json"),
        ("house-1080", "video/mp4"),
        ("house-720", "video/mp4"),
        ("house-480", "video/mp4"),
        ("house-audio", "audio/mp4"),
    )
)
IDS = st.integers(0, 10**6).map(lambda number: f"b_{number:012d}")


@st.composite
def runs(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        run: dict[str, Any] = {"t": draw(TEXTS)}
        if draw(st.booleans()):
            run["m"] = draw(st.lists(st.sampled_from(MARKS), unique=True))
        if draw(st.booleans()):
            run["href"] = draw(LINKS)
        found.append(run)
    return found


def _block(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"id": IDS, "type": st.just(kind), **fields})


def blocks(master: str) -> st.SearchStrategy[dict[str, Any]]:
    text = runs()
    return st.one_of(
        _block("paragraph", text=text),
        _block("heading", level=st.sampled_from((2, 3)), text=text),
        _block(
            "list",
            ordered=st.booleans(),
            items=st.lists(st.fixed_dictionaries({"id": IDS, "text": text}), min_size=1, max_size=3),
        ),
        _block("quote", text=text, cite=TEXTS),
        _block("image", asset=st.sampled_from((master, "0" * 64)), alt=TEXTS, caption=TEXTS),
        _block("notice", title=TEXTS, text=text),
        _block("table", header=st.booleans(), rows=st.lists(st.lists(text, min_size=1, max_size=3), max_size=3)),
        _block("video", asset=st.sampled_from((FILM, "0" * 64)), title=TEXTS),
        _block("divider"),
    )


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    """An article whose every word is anything at all."""
    plain = make_piece(draw(st.integers(1, 50)), at=AT, pictured=draw(st.booleans()))
    body = {"schema": 1, "blocks": draw(st.lists(blocks(plain.cover or "1" * 64), max_size=6))}
    text = draw(TEXTS)
    byline = dataclasses.replace(plain.byline, source=draw(TEXTS), reporter=draw(TEXTS), editor=draw(TEXTS))
    return dataclasses.replace(
        plain,
        kind=draw(st.sampled_from(("news", "lecture", "notice", "activity"))),
        title=text or "题",
        subtitle=draw(TEXTS),
        summary=draw(TEXTS),
        column_name=draw(TEXTS),
        byline=byline,
        body=body,
        assets=(*plain.assets, *FILM_FILES),
        durations={FILM: 725_000},
        corrected_at=draw(st.sampled_from((None, AT + dt.timedelta(hours=2)))),
    )


def piece_of(*content: Mapping[str, Any], **changes: Any) -> Piece:
    """An ordinary piece with these blocks; each gets an id."""
    named = [{"id": f"b_{number:012d}", **block} for number, block in enumerate(content)]
    return dataclasses.replace(make_piece(1, at=AT), body={"schema": 1, "blocks": named}, **changes)


# Every element and attribute that the site writes; nothing else may come out, whatever goes in.
_GLOBAL = frozenset({"class", "id", "lang"})
ALLOWED: Mapping[str, frozenset[str]] = {
    "html": frozenset(),
    "head": frozenset(),
    "meta": frozenset({"charset", "name", "content", "property"}),
    "title": frozenset(),
    "link": frozenset({"rel", "href", "type", "title"}),
    "body": frozenset(),
    "header": frozenset(),
    "nav": frozenset({"aria-label"}),
    "main": frozenset({"tabindex"}),
    "footer": frozenset(),
    "section": frozenset({"aria-labelledby"}),
    "article": frozenset(),
    "aside": frozenset({"aria-labelledby"}),
    "div": frozenset({"tabindex", "role", "aria-label"}),
    "span": frozenset({"aria-hidden"}),
    "small": frozenset(),
    "a": frozenset({"href", "rel", "aria-current"}),
    "p": frozenset(),
    "h1": frozenset(),
    "h2": frozenset(),
    "h3": frozenset(),
    "ul": frozenset(),
    "ol": frozenset(),
    "li": frozenset({"data-at"}),
    "dl": frozenset(),
    "dt": frozenset(),
    "dd": frozenset(),
    "time": frozenset({"datetime"}),
    "strong": frozenset(),
    "em": frozenset(),
    "u": frozenset(),
    "s": frozenset(),
    "br": frozenset(),
    "hr": frozenset(),
    "blockquote": frozenset(),
    "cite": frozenset(),
    "figure": frozenset(),
    "figcaption": frozenset(),
    "picture": frozenset(),
    "source": frozenset({"type", "srcset", "sizes"}),
    "img": frozenset({"src", "width", "height", "alt", "loading", "decoding", "fetchpriority"}),
    "video": frozenset(
        {"controls", "playsinline", "preload", "src", "width", "height", "poster", "data-playlist", "aria-label"}
        | {"data-sheet", "data-every", "data-count", "data-ms"}
    ),
    "table": frozenset(),
    "thead": frozenset(),
    "tbody": frozenset(),
    "tr": frozenset(),
    "th": frozenset({"scope"}),
    "td": frozenset(),
}
_VOID = frozenset({"meta", "link", "br", "hr", "img", "source"})
_ADDRESSES = ("/", "https://", "#")


class Reader(html.parser.HTMLParser):
    """Reads HTML and raises AssertionError at the first thing that is not on the list, or not closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        assert set(names) <= ALLOWED[tag] | _GLOBAL, (tag, names)
        for name, value in attrs:
            if name in {"href", "src"}:
                assert (value or "").startswith(_ADDRESSES), (tag, name, value)
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def read(data: bytes | str) -> Reader:
    """The page as read; every element was on the list and closed in order."""
    reader = Reader()
    reader.feed(data.decode() if isinstance(data, bytes) else data)
    reader.close()
    assert reader.open == []
    return reader
