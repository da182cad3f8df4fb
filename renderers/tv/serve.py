"""What a channel answers by the clock: playlists, segments, guide; functions of plan, request and instant only."""

import contextlib
import dataclasses
import functools
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from cms.contract import Ask, AssetGone, Assets, Published, Reply, Serve, Site, Span
from media.errors import MediaRefused
from media.fragments import patched_head
from media.house import RUNGS, SUBTITLES, TRACKS, HouseIndex, Track
from media.threads import in_thread
from renderers.tv import (
    captions,
    catchup,
    channelpage,
    daypage,
    entries,
    guide,
    pages,
    passes,
    paths,
    playlists,
    schedule,
    tokens,
)
from renderers.tv.items import index_of
from renderers.tv.live import with_live
from renderers.tv.looks import shown_index
from renderers.tv.plan import Item, On, Plan, decode
from renderers.tv.programme import to_ms
from renderers.tv.ts import flavour
from renderers.tv.ts.source import Choice, read
from schedules.linear import slot_at

VIDEO: Final = "video/mp4"
SOUND: Final = "audio/mp4"
XML: Final = "application/xml; charset=utf-8"
JSON: Final = "application/json; charset=utf-8"
# A list changes each slot and after a recall; a segment may be taken back while viewers still ask for it.
_SHORT: Final = "public, max-age=1"
_SEGMENT: Final = "public, max-age=30"
_FOREVER: Final = "public, max-age=31536000, immutable"
# Everything before the sample table; the rest of the segment never passes through memory.
_HEAD: Final = 4096
# Another server's clock may be a little ahead; what stands in these slots is frozen.
_AHEAD: Final = 1
_TRACK: Final = "|".join(TRACKS)
_RUNG: Final = "|".join(RUNGS)
_LISTED: Final = "|".join((*TRACKS, *SUBTITLES.values()))
_SIGNED: Final = re.compile(rf"t/(?P<token>{tokens.FORM})/(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class _Request:
    ask: Ask
    published: Published
    assets: Assets
    site: Site
    plan: Plan
    match: re.Match[str]
    token: str = ""

    @property
    def slot(self) -> int:
        return slot_at(to_ms(self.ask.now))


_WRONG: Final = {
    tokens.Wrong.MISSING: "这个频道需要带签名的地址：请从运营商或本单位的入口进入。",
    tokens.Wrong.FORM: "地址里的签名不完整：请从运营商或本单位的入口重新进入。",
    tokens.Wrong.SIGNATURE: "地址的签名不正确：请从运营商或本单位的入口重新进入；运营商请核对密钥与编号。",
    tokens.Wrong.EXPIRED: "地址已经过期：请从运营商或本单位的入口重新进入。",
}
_RENEWALS: Final = passes.Renewals()
_Answer = Callable[[_Request], Awaitable[Reply | None]]


async def serve(ask: Ask, published: Published, assets: Assets, site: Site) -> Reply | None:
    """Implements `cms.contract.Serve`."""
    if ask.method not in {"GET", "HEAD"}:
        return None
    path = ask.path.lstrip("/")
    if not path or path in _ALL or path.startswith("_/"):
        return await _of_all(path, ask, published, site)
    code, _, rest = path.partition("/")
    token = ask.query.get("token", "")
    signed = _SIGNED.fullmatch(rest)
    if signed is not None:
        token, rest = signed["token"], signed["rest"]
    for pattern, answer, is_stream in _ROUTES:
        match = pattern.fullmatch(rest)
        if match is None:
            continue
        plan = await _plan(published, paths.plan(code))
        if plan is None:
            return None
        request = _Request(ask, published, assets, site, plan, match, token)
        if not is_stream or not (plan.rule.signed or token):
            return await answer(request)
        return _refused(request) or (await _private(request, answer) if signed else _led(request, rest))
    return None


def _entrance(ask: Ask, plans: Sequence[Plan]) -> Reply | None:
    """From the address of the whole television to the portal of the first channel that anybody may see."""
    now = to_ms(ask.now) // 1000
    for plan in sorted(plans, key=lambda plan: plan.code):
        if entries.may_see("", secret=ask.secret, rule=plan.rule, channel=plan.code, now=now):
            return Reply(302, headers={"Location": paths.home(plan.code), "Cache-Control": "no-store"})
    return None


async def _of_all(path: str, ask: Ask, published: Published, site: Site) -> Reply | None:
    """What belongs to no single channel."""
    if path.startswith("_/"):
        return _file(paths.ROOT + path)
    plans = await plans_of(published)
    if not path:
        return _entrance(ask, plans)
    text, media_type = _ALL[path](plans, ask, site)
    return _short(ask, text, media_type)


def _file(path: str) -> Reply | None:
    """A stylesheet or script that is not in the tree yet: after an upgrade pages by the clock are there before it."""
    found = next((file for file in pages.static_files() if file.path == path), None)
    return None if found is None else Reply(200, found.media_type, (found.data,), {"Cache-Control": _FOREVER})


async def plans_of(published: Published) -> list[Plan]:
    """The plans of all channels, without what was taken back."""
    found = [await _plan(published, path) for path in published.paths(paths.ROOT)]
    return [plan for plan in found if plan is not None]


def _refused(request: _Request) -> Reply | None:
    """Why a signed channel does not answer; never kept by anyone."""
    if not request.plan.rule.signed:
        return None
    code, now = request.plan.code, to_ms(request.ask.now) // 1000
    wrong = tokens.wrong_with(
        request.token, secret=request.ask.secret, channel=code, keys=dict(request.plan.rule.keys), now=now
    )
    if wrong is tokens.Wrong.EXPIRED and _RENEWALS.lives(code, request.token, now):
        return None
    return None if wrong is None else _forbidden(wrong)


def _forbidden(wrong: tokens.Wrong) -> Reply:
    return Reply(403, parts=(_WRONG[wrong].encode(),), headers={"Cache-Control": "no-store"})


async def _pass(request: _Request) -> Reply:
    """A pass for the portal's own player; other sites' pages may not read it, and nobody keeps it."""
    ask = request.ask
    found = passes.issued(request.plan.rule, request.plan.code, ask.secret, ask.query, to_ms(ask.now) // 1000)
    if isinstance(found, tokens.Wrong):
        return _forbidden(found)
    _RENEWALS.note(request.plan.code, found)
    text = _json({"now": to_ms(ask.now), "prefix": found.prefix, "expires": found.expires * 1000})
    alone = {"Access-Control-Allow-Origin": request.site.base_url, "Cross-Origin-Resource-Policy": "same-origin"}
    return Reply(200, JSON, (text.encode(),), {"Cache-Control": "no-store", **alone})


async def _private(request: _Request, answer: _Answer) -> Reply | None:
    """The answer for one viewer: what stands between must not give it to others, nor after the address ended."""
    reply = await answer(request)
    if reply is None:
        return None
    kept = reply.headers.get("Cache-Control", "no-store").replace("public", "private")
    viewer = passes.viewer_of(request.token)
    return dataclasses.replace(reply, headers={**reply.headers, "Cache-Control": kept}, viewer=viewer)


def _led(request: _Request, rest: str) -> Reply:
    """From a token in the query to one in the path, which all addresses of the lists inherit."""
    query = urlencode({key: value for key, value in request.ask.query.items() if key != "token"})
    there = f"{paths.home(request.plan.code)}t/{request.token}/{rest}" + (f"?{query}" if query else "")
    if re.fullmatch(tokens.FORM, request.token) is None:
        return _forbidden(tokens.Wrong.FORM)
    return Reply(302, headers={"Location": there, "Cache-Control": "no-store"})


async def _plan(published: Published, path: str) -> Plan | None:
    if not path.endswith("/" + paths.PLAN):
        return None
    data = await published.read(path)
    try:
        return None if data is None else await with_live(clean(decode(data), published), published)
    except ValueError:
        return None


async def _master(request: _Request) -> Reply:
    return _short(request.ask, playlists.master(request.plan), playlists.MEDIA_TYPE)


async def _list(request: _Request) -> Reply:
    plan, slot = request.plan, request.slot
    data, etag = _live(plan, request.match["track"], slot)
    reply = _tagged(request.ask, data, etag, playlists.MEDIA_TYPE)
    return dataclasses.replace(reply, viewing=plan.code)


@functools.lru_cache(maxsize=4096)
def _live(plan: Plan, track: str, slot: int) -> tuple[bytes, str]:
    """The list of a slot, made once for everybody who asks in it."""
    data = playlists.live(plan, track, slot).encode()
    return data, f'"{slot}-{hashlib.sha256(data).hexdigest()[:16]}"'


async def _segment(request: _Request) -> Reply | None:
    slot, plan = int(request.match["slot"]), request.plan
    if not plan.start <= slot <= request.slot + _AHEAD:
        return None
    on = plan.planned(slot)
    if on.gone:
        return _gone()
    return None if on.item is None else await _of_item(request, on, on.item)


async def _over(request: _Request) -> Reply | None:
    """A segment that an override put there; once something else stands in its place this address shows nothing."""
    slot, plan = int(request.match["slot"]), request.plan
    if not plan.start <= slot <= request.slot + _AHEAD:
        return None
    on = plan.on(slot)
    if on.item is None or on.over is None or on.over.number != int(request.match["number"]):
        return _gone()
    return await _of_item(request, on, on.item)


async def _of_item(request: _Request, on: On, item: Item) -> Reply:
    index = await shown_index(item.index, item.plain, request.assets)
    return _gone() if index is None else await _fragment(request, on, index, (item.release,))


async def _slate(request: _Request) -> Reply | None:
    slot = int(request.match["slot"])
    # A new channel's first list looks back to before its plan.
    if not request.plan.start - playlists.WINDOW <= slot <= request.slot + _AHEAD:
        return None
    slate = request.plan.planned(slot).slate
    return await _fragment(request, On(slot, slate.house, None, slate, slot % slate.segments), slate, ())


async def _fragment(request: _Request, on: On, index: HouseIndex, releases: tuple[str, ...]) -> Reply:
    name = request.match["track"]
    track = index.tracks[name]
    try:
        parts = await _moved(track, on, request.plan.time(on.slot), request.assets)
    except (AssetGone, MediaRefused, IndexError):
        return _gone()
    return Reply(200, _type(name), parts, {"Cache-Control": _SEGMENT}, releases)


async def _moved(track: Track, on: On, time: int, assets: Assets) -> tuple[bytes | Span, ...]:
    """The stored segment with its two numbers set to its slot."""
    start, length = track.segment(on.segment)
    head = await assets.part(track.sha256, start, min(_HEAD, length))
    moved = patched_head(head, sequence=on.slot & 0xFFFFFFFF, base=time * track.ticks)
    rest = length - len(moved)
    return (moved, Span(track.sha256, start + len(moved), rest)) if rest else (moved,)


async def _stream_master(request: _Request) -> Reply:
    return _short(request.ask, flavour.master(request.plan), playlists.MEDIA_TYPE)


async def _stream_list(request: _Request) -> Reply:
    plan, slot = request.plan, request.slot
    data, etag = _stream_live(plan, request.match["track"], slot)
    return dataclasses.replace(_tagged(request.ask, data, etag, playlists.MEDIA_TYPE), viewing=plan.code)


@functools.lru_cache(maxsize=1024)
def _stream_live(plan: Plan, track: str, slot: int) -> tuple[bytes, str]:
    data = flavour.live(plan, track, slot).encode()
    return data, f'"{slot}-{hashlib.sha256(data).hexdigest()[:16]}"'


async def _stream_segment(request: _Request) -> Reply | None:
    """A slot as a transport stream: of its item, or of the slate where the list names that."""
    slot, plan, slate = int(request.match["slot"]), request.plan, request.match["slate"] is not None
    if not plan.start - (playlists.WINDOW if slate else 0) <= slot <= request.slot + _AHEAD:
        return None
    on = plan.on(slot)
    if not slate and on.item is None:
        return _gone() if on.gone else None
    item = None if slate else on.item
    segment = on.segment if item is not None else slot % on.slate.segments
    name, plain = (None, "") if item is None else (item.index, item.plain)
    choice = Choice(request.match["track"], name, on.slate, segment, plain)
    found = await read(choice, request.assets)
    try:
        data = None if found is None else await in_thread(flavour.segment, found.stored, slot, plan)
    except MediaRefused:
        data = None
    if data is None:
        return _gone()
    releases = () if item is None else (item.release,)
    return Reply(200, flavour.MEDIA_TYPE, (data,), {"Cache-Control": _SEGMENT}, releases)


async def _init(request: _Request) -> Reply | None:
    """The beginning all items of a house share, from any of them that is still there."""
    plan, house, name = request.plan, request.match["house"], request.match["track"]
    for known in plan.houses:
        if known.slate.house == house:
            return await _beginning(known.slate.tracks[name], name, request.assets)
    for item in plan.items.values():
        if any(h.number == item.house and h.id == house for h in plan.houses):
            index = await index_of(item.index, request.assets)
            if index is not None:
                return await _beginning(index.tracks[name], name, request.assets)
    return None


async def _beginning(track: Track, name: str, assets: Assets) -> Reply | None:
    try:
        data = await assets.part(track.sha256, track.start, track.init)
    except (AssetGone, MediaRefused):
        return None
    return Reply(200, _type(name), (data,), {"Cache-Control": _FOREVER})


async def _now(request: _Request) -> Reply:
    codes = [paths.code_of(path) for path in request.published.paths(paths.ROOT) if path.endswith("/" + paths.PLAN)]
    number = guide.numbered(codes).get(request.plan.code, 1)
    # For whoever watches a recording: what was on at its beginning.
    asked = catchup.recording(request.ask.query, request.plan, request.slot)
    past = None if asked is None else asked.first
    return _short(request.ask, _json(guide.now(request.plan, request.ask.now, number, past)), JSON)


async def _channels(request: _Request) -> Reply:
    ask, seen = request.ask, _seen(request, await plans_of(request.published))
    page = channelpage.page(request.plan, seen, request.site, ask.query, ask.now)
    return _short(ask, page, pages.HTML)


async def _channel_list(request: _Request) -> Reply:
    """All channels with what is on and next: for the number that a viewer types."""
    here = request.slot
    plans = await plans_of(request.published)
    told = guide.listed(plans, request.ask.now, (here, here + 1))
    seen = _seen(request, plans)
    return _short(request.ask, _json(told | {"channels": [c for c in told["channels"] if c["number"] in seen]}), JSON)


def _seen(request: _Request, plans: Sequence[Plan]) -> Mapping[int, Plan]:
    """The channels that a viewer is told of, by number: open ones, the one they are in, and what their entry names."""
    secret, now = request.ask.secret, to_ms(request.ask.now) // 1000
    numbers = guide.numbered(plan.code for plan in plans)
    return {
        numbers[plan.code]: plan
        for plan in plans
        if plan.code == request.plan.code
        or entries.may_see(request.token, secret=secret, rule=plan.rule, channel=plan.code, now=now)
    }


async def _guide(request: _Request) -> Reply:
    """This channel's guide: XMLTV, JSON, or the Schedule objects of C2."""
    ask, plan = request.ask, request.plan
    match request.match["form"]:
        case "epg.xml":
            return _short(ask, guide.xmltv([plan], request.site, ask.now), XML)
        case "epg.json":
            return _short(ask, _json(guide.listed([plan], ask.now)), JSON)
        case _:
            return _short(ask, schedule.schedule(plan, max(plan.start, request.slot), plan.end), XML)


async def _day(request: _Request) -> Reply:
    page = daypage.page(request.plan, request.site, request.ask.query, request.ask.now)
    return _short(request.ask, page, pages.HTML)


async def _text(request: _Request) -> Reply | None:
    """The subtitles of a slot; a slot of an item without any, of the slate or of what was taken back has none."""
    slot, plan = int(request.match["slot"]), request.plan
    if not plan.start - playlists.WINDOW <= slot <= request.slot + _AHEAD:
        return None
    on = plan.on(slot)
    found = {} if on.item is None else dict(on.item.subtitles)
    sha256, data = found.get(request.match["track"].removeprefix("subtitles-")), b""
    if sha256 is not None:
        with contextlib.suppress(AssetGone):
            data = await request.assets.read(sha256)
    shown = captions.segment(data, on.segment, plan.time(slot))
    releases = (on.item.release,) if on.item is not None and data else ()
    return Reply(200, captions.MEDIA_TYPE, (shown,), {"Cache-Control": _SEGMENT}, releases)


async def _catchup(request: _Request) -> Reply | None:
    span = catchup.recording(request.ask.query, request.plan, request.slot)
    if span is None:
        return Reply(400, parts=("回看时段无效：请给出不晚于现在的 begin，以及晚于它的 end。".encode(),))
    return _recorded(request, span)


async def _start_over(request: _Request) -> Reply | None:
    return _recorded(request, catchup.from_the_start(request.plan, request.slot))


def _recorded(request: _Request, span: catchup.Recording) -> Reply:
    track = request.match.groupdict().get("track")
    text = (
        playlists.recording(request.plan, track, span.first, span.end, is_open=span.is_open)
        if track
        else playlists.master(request.plan, span.query, prefix="catchup-")
    )
    return _short(request.ask, text, playlists.MEDIA_TYPE)


def clean(plan: Plan, published: Published) -> Plan:
    """The plan without what was taken back since it was written, whoever handed it to us."""
    recalled = [item.id for item in plan.items.values() if published.is_recalled(item.release)]
    return _without(plan, frozenset(recalled)) if recalled else plan


@functools.lru_cache(maxsize=16)
def _without(plan: Plan, items: frozenset[str]) -> Plan:
    left = {key: item for key, item in plan.items.items() if key not in items}
    return dataclasses.replace(plan, items=left)


def _short(ask: Ask, text: str, media_type: str) -> Reply:
    data = text.encode()
    return _tagged(ask, data, f'"{hashlib.sha256(data).hexdigest()[:16]}"', media_type)


def _tagged(ask: Ask, data: bytes, etag: str, media_type: str) -> Reply:
    headers = {"Cache-Control": _SHORT, "ETag": etag}
    if ask.headers.get("if-none-match") == etag:
        return Reply(304, media_type, (), headers)
    return Reply(200, media_type, (data,), headers)


def _gone() -> Reply:
    return Reply(410, parts=("该内容已撤回。".encode(),), headers={"Cache-Control": "no-cache"})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _type(track: str) -> str:
    return SOUND if track == "audio" else VIDEO


_ALL: Final[Mapping[str, Callable[[list[Plan], Ask, Site], tuple[str, str]]]] = {
    "epg.xml": lambda plans, ask, site: (guide.xmltv(plans, site, ask.now), XML),
    "epg.json": lambda plans, ask, _: (_json(guide.listed(plans, ask.now)), JSON),
    "channels.m3u": lambda plans, _, site: (guide.channels(plans, site), "audio/x-mpegurl; charset=utf-8"),
}
# Pattern, answer, and whether it is a part of the stream, which a signed address may be demanded for.
_ROUTES: Final[Sequence[tuple[re.Pattern[str], _Answer, bool]]] = (
    (re.compile(rf"(?P<track>{_LISTED})\.m3u8"), _list, True),
    (re.compile(rf"(?P<track>{_TRACK})/(?P<slot>[0-9]{{1,12}})\.m4s"), _segment, True),
    (re.compile(rf"(?P<track>{_TRACK})/over-(?P<number>[0-9]{{1,9}})-(?P<slot>[0-9]{{1,12}})\.m4s"), _over, True),
    (re.compile(rf"(?P<track>{_TRACK})/slate-(?P<slot>[0-9]{{1,12}})\.m4s"), _slate, True),
    (re.compile(rf"(?P<track>{_LISTED})/(?P<slot>[0-9]{{1,12}})\.vtt"), _text, True),
    (re.compile(rf"(?P<track>{_TRACK})/init-(?P<house>[0-9A-Za-z._-]{{1,100}})\.mp4"), _init, True),
    (re.compile(r"master\.m3u8"), _master, True),
    (re.compile(r"ts/master\.m3u8"), _stream_master, True),
    (re.compile(rf"ts/(?P<track>{_RUNG})\.m3u8"), _stream_list, True),
    (re.compile(rf"ts/(?P<track>{_RUNG})/(?P<slate>slate-)?(?P<slot>[0-9]{{1,12}})\.ts"), _stream_segment, True),
    (re.compile(r"now\.json"), _now, False),
    (re.compile(re.escape(passes.PATH)), _pass, False),
    (re.compile(r"day/"), _day, False),
    (re.compile(r"channels/"), _channels, False),
    (re.compile(r"channels/list\.json"), _channel_list, False),
    (re.compile(r"(?P<form>epg\.xml|epg\.json|schedule\.xml)"), _guide, False),
    (re.compile(rf"catchup(?:-(?P<track>{_LISTED}))?\.m3u8"), _catchup, True),
    (re.compile(r"start-over\.m3u8"), _start_over, True),
)
_CHECKED: Final[Serve] = serve
