"""What is frozen of a piece before it goes out: its words and the files that were made of it."""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from cms.contract import AssetFile, Piece, Services
from media.house import AUDIO, PLAY, POSTER, rendition
from renderers.iptv.films import Source, transport_stream
from renderers.iptv.profiles import Profile
from renderers.iptv.settings import AccountSettings
from renderers.iptv.text import description, masters, search_name

PICTURE: Final = "og"
PICTURES: Final = frozenset({PICTURE})
VIDEOS: Final = frozenset({PLAY, POSTER, rendition("1080"), rendition(AUDIO)})
_PICTURE_TYPES: Final = frozenset({"image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True)
class Film:
    """One film as a transport stream: its file, and what is said of it."""

    sha256: str
    size: int
    milliseconds: int
    rung: str
    title: str


@dataclass(frozen=True, slots=True)
class Payload:
    """The frozen bytes read again; times are as the operator writes them, `problem` is why nothing can be sent."""

    document: str
    release: str
    title: str
    search: str
    column: str
    column_name: str
    sponsor: str
    description: str
    start: str
    end: str
    films: tuple[Film, ...]
    poster: str
    poster_size: int
    poster_type: str
    problem: str = ""

    def encode(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        told: dict[str, Any] = json.loads(data)
        return cls(**{**told, "films": tuple(Film(**film) for film in told["films"])})


async def prepare(piece: Piece, settings: AccountSettings, dialect: Profile, services: Services) -> Payload:
    """Makes the transport streams that are missing, and freezes it all."""
    films, problem = [], ""
    titles = {str(block["asset"]): str(block.get("title") or "") for block in _videos(piece)}
    for master in masters(piece):
        source = source_of(piece, master, settings.film)
        if source is None:
            problem = "iptv.film_missing"
            continue
        made = await transport_stream(source, settings.film_kbps, services.studio)
        length = piece.durations.get(master, 0)
        films.append(Film(made.sha256, made.size, length, source.rung, titles.get(master, "")))
    if not films and not problem:
        problem = "iptv.no_film"
    poster = poster_of(piece)
    end = piece.not_after or piece.not_before + dt.timedelta(days=settings.license_days)
    return Payload(
        document=piece.document,
        release=piece.release,
        title=piece.title,
        search=search_name(piece),
        column=piece.column,
        column_name=piece.column_name,
        sponsor=piece.byline.sponsor,
        description=description(piece),
        start=dialect.instant(piece.not_before),
        end=dialect.instant(end),
        films=tuple(films),
        poster=poster.sha256 if poster else "",
        poster_size=poster.size if poster else 0,
        poster_type=poster.media_type if poster else "",
        problem=problem,
    )


def source_of(piece: Piece, master: str, rung: str) -> Source | None:
    """The files a stream is made of; the 720 one where there is no taller."""
    pictures, sound = piece.rendition(master, rendition("1080")), piece.rendition(master, rendition(AUDIO))
    if rung == "1080" and pictures is not None and sound is not None:
        return Source("1080", (pictures.sha256, sound.sha256))
    whole = piece.rendition(master, PLAY)
    return None if whole is None else Source("720", (whole.sha256,))


def poster_of(piece: Piece) -> AssetFile | None:
    """The cover as a box can show it, else the first film's own poster."""
    found = [piece.rendition(piece.cover, PICTURE)] if piece.cover else []
    found += [piece.rendition(master, POSTER) for master in masters(piece)]
    return next((file for file in found if file is not None and file.media_type in _PICTURE_TYPES), None)


def _videos(piece: Piece) -> list[dict[str, Any]]:
    return [block for block in piece.body.get("blocks", ()) if block.get("type") == "video" and block.get("asset")]
