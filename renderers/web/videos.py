"""Films on pages: a plain file that every browser plays, and playlists by which a script follows the reader's line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from cms.contract import AssetFile, File, Piece
from media.house import (
    AUDIO,
    INDEX,
    OPTIONAL,
    PLAY,
    POSTER,
    RUNGS,
    SEGMENT_MS,
    SPRITES,
    SUBTITLES,
    HouseIndex,
    Track,
    rendition,
)
from media.sprites import sheet_of
from renderers.web import paths, pictures

RENDITIONS: Final = frozenset(
    {INDEX, PLAY, POSTER, SPRITES, *(rendition(track) for track in (*RUNGS, AUDIO)), *OPTIONAL}
)
PLAYLIST: Final = "application/vnd.apple.mpegurl"
# The first one listed is what a player tries first: most phones, most lines.
_ORDER: Final = ("720", "1080", "480")
_BOX: Final = (1280, 720)
_LANGUAGES: Final = {"zh": "中文", "en": "English"}
_TRACK: Final = Markup('<track kind="subtitles" src="/a/{}" srclang="{}" label="{}">')


@dataclass(frozen=True, slots=True)
class Film:
    """The video of one block; `number` counts from one within the piece."""

    number: int
    block: str
    title: str
    asset: str
    ms: int
    play: AssetFile | None
    poster: AssetFile | None
    index: AssetFile | None
    sheet: AssetFile | None = None
    chapters: Sequence[tuple[int, str]] = ()


def films(piece: Piece) -> tuple[Film, ...]:
    """The films of a piece in their order."""
    return tuple(_film(piece, block, number) for number, block in enumerate(_blocks(piece), start=1))


def _blocks(piece: Piece) -> list[Mapping[str, Any]]:
    return [block for block in piece.body["blocks"] if block["type"] == "video"]


def _film(piece: Piece, block: Mapping[str, Any], number: int) -> Film:
    asset = block["asset"]
    own = piece.rendition(block["poster"], pictures.FALLBACK) if block.get("poster") else None
    return Film(
        number=number,
        block=block["id"],
        title=block["title"],
        asset=asset,
        ms=piece.durations.get(asset, 0),
        play=piece.rendition(asset, PLAY),
        poster=own or piece.rendition(asset, POSTER),
        index=piece.rendition(asset, INDEX),
        sheet=piece.rendition(asset, SPRITES),
        chapters=piece.chapters.get(asset, ()),
    )


def is_playable(piece: Piece) -> bool:
    """Whether its page has something for the script to do."""
    return any(film.play and film.index for film in films(piece))


def length(ms: int) -> str:
    """``12:05``, ``1:02:09``; nothing for an unknown length."""
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    if not ms:
        return ""
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def figure(piece: Piece, block: Mapping[str, Any], *, media: str = "") -> Markup:
    """The film of a block, with its title and length below; `media` as of pictures."""
    number = next(n for n, one in enumerate(_blocks(piece), start=1) if one is block)
    film = _film(piece, block, number)
    shown = Markup('<span class="film-length">{}</span>').format(length(film.ms)) if film.ms else Markup("")
    caption = Markup("<figcaption>{}{}</figcaption>").format(film.title, shown)
    parts = (_player(piece, film, media), _chapters(film), caption)
    return Markup('<figure class="film" id="{}">{}{}{}</figure>').format(film.block, *parts)


def _player(piece: Piece, film: Film, media: str) -> Markup:
    if film.play is None:
        return _still(film, media)
    # A feed's reader has no script of ours.
    adaptive = film.index is not None and not media
    playlist = _attribute("data-playlist", paths.playlist(piece.document, film.number) if adaptive else "")
    poster = _attribute("poster", f"{media}/a/{film.poster.sha256}" if film.poster else "")
    return Markup(
        '<video controls playsinline preload="none" src="{0}" width="{1}" height="{2}"{3}{4}{7} aria-label="视频：{5}">'
        '{6}<a href="{0}">{5}</a></video>'
    ).format(
        f"{media}/a/{film.play.sha256}",
        *_BOX,
        poster,
        playlist,
        film.title,
        _tracks(piece, film, media),
        _sheet(film) if adaptive else "",
    )


def _sheet(film: Film) -> Markup:
    """Where the small pictures of the bar under the player are, for the script."""
    if film.sheet is None or not film.ms:
        return Markup("")
    sheet = sheet_of(film.ms)
    told = {"sheet": f"/a/{film.sheet.sha256}", "every": sheet.every_ms, "count": sheet.count, "ms": film.ms}
    return Markup("").join(_attribute(f"data-{name}", str(value)) for name, value in told.items())


def _chapters(film: Film) -> Markup:
    """The marks of a film with their times; the script makes them lead there."""
    lines = [
        Markup('<li data-at="{}"><span class="film-clock">{}</span> <span>{}</span></li>').format(
            at, length(at) or "0:00", title
        )
        for at, title in film.chapters
    ]
    return Markup('<ol class="film-chapters">{}</ol>').format(Markup("").join(lines)) if lines else Markup("")


def _tracks(piece: Piece, film: Film, media: str) -> Markup:
    """The subtitles that were signed with the film, the first one shown; a feed's reader takes none from elsewhere."""
    found = [(lang, piece.rendition(film.asset, name)) for lang, name in SUBTITLES.items()] if not media else []
    parts = [
        Markup('<track kind="subtitles" src="/a/{}" srclang="{}" label="{}">').format(
            file.sha256, lang, _LANGUAGES[lang]
        )
        for lang, file in found
        if file is not None
    ]
    return Markup("").join(parts).replace(Markup(">"), Markup(" default>"), 1)


def _attribute(name: str, value: str) -> Markup:
    return Markup(' {}="{}"').format(name, value) if value else Markup("")


def _still(film: Film, media: str) -> Markup:
    if film.poster is None:
        return Markup("")
    return Markup('<img src="{}/a/{}" width="{}" height="{}" alt="" loading="lazy">').format(
        media, film.poster.sha256, film.poster.width, film.poster.height
    )


def badge(piece: Piece) -> Markup:
    """The mark of a list item that has a film: a triangle and the length of the first."""
    first = next(iter(films(piece)), None)
    if first is None:
        return Markup("")
    text = length(first.ms)
    return Markup('<span class="film-badge"><span class="unseen">{}</span>{}</span>').format(
        "视频，时长" if text else "视频", text
    )


def playlists(piece: Piece, film: Film, index: HouseIndex) -> Sequence[File]:
    """The master playlist and one for each track; empty where the release does not list the files of the index."""
    signed = {asset.sha256 for asset in piece.assets if asset.of == film.asset}
    tracks = {name: track for name, track in index.tracks.items() if track.sha256 in signed}
    rungs = [name for name in _ORDER if name in tracks]
    if not rungs or AUDIO not in tracks:
        return ()
    named = (AUDIO, *rungs)
    made = [_file(piece, paths.playlist(piece.document, film.number, n), _media(tracks[n])) for n in named]
    return (*made, _file(piece, paths.playlist(piece.document, film.number), _master(tracks, rungs, film.number)))


def _file(piece: Piece, path: str, text: str) -> File:
    return File(path, PLAYLIST, text.encode(), (piece.release,))


def _master(tracks: dict[str, Track], rungs: Sequence[str], number: int) -> str:
    """https://www.rfc-editor.org/rfc/rfc8216#section-4.3.4."""
    audio = tracks[AUDIO]
    sound = f'GROUP-ID="sound",NAME="中文",LANGUAGE="zh",DEFAULT=YES,AUTOSELECT=YES,URI="{number}-{AUDIO}.m3u8"'
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", f"#EXT-X-MEDIA:TYPE=AUDIO,{sound}"]
    for name in rungs:
        track = tracks[name]
        facts = (
            f"BANDWIDTH={track.bandwidth + audio.bandwidth}",
            f"AVERAGE-BANDWIDTH={track.average + audio.average}",
            f'CODECS="{track.codecs},{audio.codecs}"',
            f"RESOLUTION={track.width}x{track.height}",
            "FRAME-RATE=25.000",
            'AUDIO="sound"',
        )
        lines += [f"#EXT-X-STREAM-INF:{','.join(facts)}", f"{number}-{name}.m3u8"]
    return "\n".join([*lines, ""])


def _media(track: Track) -> str:
    """https://www.rfc-editor.org/rfc/rfc8216#section-4.3.2: ranges of one file."""
    address = f"/a/{track.sha256}"
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{-(-SEGMENT_MS // 1000)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{address}",BYTERANGE="{track.init}@{track.start}"',
    ]
    for number in range(len(track.ends)):
        offset, size = track.segment(number)
        lines += [f"#EXTINF:{SEGMENT_MS / 1000:.3f},", f"#EXT-X-BYTERANGE:{size}@{offset}", address]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])
