"""What is frozen of a piece before it goes out: text, film and covers, made once through the studio."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from PIL import Image

from cms.contract import AssetFile, Bench, Made, Piece, Services, Site
from media.marks import Stretch, total
from media.subtitles import read_subtitles
from media.threads import in_thread
from renderers.douyin import text
from renderers.douyin.article import Idea, ideas, override, stretches, subtitles, video
from renderers.douyin.captions import moved, script as script_of_captions
from renderers.douyin.cards import Script, cards, count_of
from renderers.douyin.covers import SHAPES, Caption, cover, frame
from renderers.douyin.films import Length, film_of_cards, film_of_lecture
from renderers.douyin.settings import Settings, TextAs

# Raised whenever cards, covers, frames or encoding change, so that nothing old is taken for new.
TEMPLATE: Final = 2
UPRIGHT: Final = "screen-cover"
WIDE: Final = "web-1440"
POSTER: Final = "poster"
PICTURES: Final = frozenset({UPRIGHT, WIDE})
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_JPEG_QUALITY: Final = 88


@dataclass(frozen=True, slots=True)
class Payload:
    """The frozen bytes read again. `link` is the article's address, `cover_*`, `video` and `pictures` hashes of files.

    There is a video or there are pictures.
    """

    document: str
    release: str
    title: str
    text: str
    video: str
    size: int
    milliseconds: int
    cover_3x4: str
    cover_4x3: str
    link: str
    private: int
    download: int
    pictures: tuple[str, ...] = ()

    def encode(self) -> bytes:
        return _text(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        found = json.loads(data)
        return cls(**{**found, "pictures": tuple(found.get("pictures", ()))})

    def still_body(self, pictures: Sequence[str]) -> Mapping[str, Any]:
        """The body of the one create of pictures with text."""
        return {
            "image_list": list(pictures),
            "text": self.text,
            "private_status": self.private,
            "download_type": self.download,
        }

    def create_body(self, video_id: str) -> Mapping[str, Any]:
        """The body of the one create."""
        return {
            "video_id": video_id,
            "text": self.text,
            "cover_tsp": min(1.0, self.milliseconds / 2000),
            "private_status": self.private,
            "download_type": self.download,
        }


async def prepare(piece: Piece, settings: Settings, services: Services) -> Payload:
    """Makes what is missing of film and covers, and freezes it all."""
    films = _Films(piece, settings, services)
    still = settings.text_as is TextAs.pictures and video(piece) is None
    pictures = await films.pictures() if still else ()
    film, milliseconds = (Made("", 0), 0) if still else await films.film()
    upright, wide = [await films.cover(shape) for shape in SHAPES]
    return Payload(
        document=piece.document,
        release=piece.release,
        title=text.title(piece),
        text=text.compose(piece, settings.topics),
        video=film.sha256,
        size=film.size,
        milliseconds=milliseconds,
        cover_3x4=upright.sha256,
        cover_4x3=wide.sha256,
        link=link(piece, services.site),
        private=settings.private_status,
        download=settings.download_type,
        pictures=tuple(one.sha256 for one in pictures),
    )


def link(piece: Piece, site: Site) -> str:
    """The article on the public site; its address is stable over its editions."""
    return f"{site.base_url.rstrip('/')}/d/{piece.document}/"


def caption(piece: Piece) -> Caption:
    title = override(piece, "title") or piece.title
    summary = override(piece, "summary") or piece.summary
    return Caption(title, piece.column_name, piece.byline.sponsor, summary, text.byline(piece))


def script(piece: Piece, site: Site, *, width: int, height: int) -> Script:
    """What the cards say."""
    at = piece.byline.date.astimezone(_ZONE)
    said = caption(piece)
    return Script(
        width=width,
        height=height,
        title=said.title,
        column=said.column,
        date=f"{at.year}年{at.month}月{at.day}日",
        office=said.office,
        site=site.name,
        byline=said.byline,
        link=link(piece, site),
        ideas=tuple(ideas(piece)) or (Idea("", (said.title,)),),
    )


class _Films:
    """The files of one piece, each under a key that names everything it depends on."""

    def __init__(self, piece: Piece, settings: Settings, services: Services) -> None:
        self._piece = piece
        self._settings = settings
        self._services = services

    async def film(self) -> tuple[Made, int]:
        found = video(self._piece)
        return await self._cards() if found is None else await self._lecture(*found)

    async def cover(self, shape: str) -> Made:
        picture = self._picture(*((UPRIGHT, WIDE) if shape == "3x4" else (WIDE, UPRIGHT)))
        said, width = caption(self._piece), self._settings.width

        async def work(bench: Bench) -> Path:
            data = await _bytes(bench, picture)
            page = await in_thread(cover, said, data, shape=shape, film_width=width)
            return await in_thread(_saved, page, bench.folder / "cover.jpg")

        key = _key(kind="cover", shape=shape, width=width, picture=_hash(picture), said=asdict(said))
        return await self._services.studio.make(key, work, media_type="image/jpeg")

    async def pictures(self) -> Sequence[Made]:
        """The cards as pictures to be leafed through."""
        picture = self._picture(UPRIGHT, WIDE)
        settings = self._settings
        said = script(self._piece, self._services.site, width=settings.width, height=settings.height)
        count = await in_thread(count_of, said)

        async def made(number: int) -> Made:
            async def work(bench: Bench) -> Path:
                pages = await in_thread(cards, said, await _bytes(bench, picture))
                return await in_thread(_saved, pages[number], bench.folder / "card.jpg")

            key = _key(kind="card", number=number, picture=_hash(picture), said=asdict(said))
            return await self._services.studio.make(key, work, media_type="image/jpeg")

        return [await made(number) for number in range(count)]

    async def _cards(self) -> tuple[Made, int]:
        picture = self._picture(UPRIGHT, WIDE)
        settings = self._settings
        said = script(self._piece, self._services.site, width=settings.width, height=settings.height)
        hold = round(settings.card_seconds * 1000)

        async def work(bench: Bench) -> Path:
            pages = await in_thread(cards, said, await _bytes(bench, picture))
            return await film_of_cards(pages, hold=hold / 1000, folder=bench.folder, sandbox=bench.sandbox)

        key = _key(kind="cards", hold=hold, picture=_hash(picture), said=asdict(said))
        film = await self._services.studio.make(key, work, media_type="video/mp4")
        count = await in_thread(count_of, said)
        return film, round(Length(count, hold / 1000).seconds * 1000)

    async def _lecture(self, file: AssetFile, milliseconds: int) -> tuple[Made, int]:
        settings, said, words = self._settings, caption(self._piece), subtitles(self._piece)
        shown = stretches(self._piece, milliseconds, most=settings.lecture_seconds * 1000)
        size = {"width": settings.width, "height": settings.height}

        async def work(bench: Bench) -> Path:
            around = await in_thread(frame, said, **size)
            burned = await in_thread(_captions, await _bytes(bench, words), shown, **size)
            async with bench.file(file.sha256) as path:
                return await film_of_lecture(
                    path, around, stretches=shown, captions=burned, folder=bench.folder, sandbox=bench.sandbox
                )

        depends = {"video": file.sha256, "shown": shown, "words": _hash(words), "size": size, "said": asdict(said)}
        key = _key(kind="lecture", **depends)
        return await self._services.studio.make(key, work, media_type="video/mp4"), total(shown)

    def _picture(self, *wanted: str) -> AssetFile | None:
        """The cover's file in the first rendition there is; for a video without a cover, its poster."""
        piece = self._piece
        found = [piece.rendition(piece.cover, name) for name in wanted] if piece.cover else []
        film = video(piece)
        if film is not None:
            found.append(piece.rendition(film[0].of, POSTER))
        return next((file for file in found if file is not None), None)


def _key(**depends: object) -> str:
    return _text({"template": TEMPLATE, **depends})


def _text(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash(file: AssetFile | None) -> str | None:
    return None if file is None else file.sha256


async def _bytes(bench: Bench, file: AssetFile | None) -> bytes | None:
    if file is None:
        return None
    async with bench.file(file.sha256) as path:
        return await in_thread(path.read_bytes)


def _captions(data: bytes | None, shown: Sequence[Stretch], *, width: int, height: int) -> str:
    """The subtitles as they are burned in; empty where there are none."""
    cues = moved(read_subtitles(data).cues, shown) if data else []
    return script_of_captions(cues, width=width, height=height) if cues else ""


def _saved(page: Image.Image, path: Path) -> Path:
    page.save(path, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return path
