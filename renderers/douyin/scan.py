"""Posting by a person's own phone: a link to scan that opens the app's publishing page with film and words in it.

Nothing is posted by making a link. What it became is told by the platform's event with our share id, or found in the
account's list where we may read it; when the link has ended unused, the pack for posting by hand is what is left.

| left behind                    | what reconcile finds and says                              |
| ------------------------------ | ---------------------------------------------------------- |
| nothing: killed before the note| void → not sent, the next attempt makes another link       |
| noted, nobody scanned yet      | waits, with the code on the desk                            |
| scanned, event came            | its item → in review, sent, refused                        |
| scanned, event lost            | found by its words where reading is allowed, else the task |
| link ended                     | the task with the pack, which asks to look first           |
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import Accepted, Manual, NotSent, Outcome, Sent, Services, Unknown
from renderers.douyin import attempts, outbox, readings
from renderers.douyin.account import SCAN, Account, CapabilityGone, no, no_answer
from renderers.douyin.payload import Payload
from renderers.douyin.settings import Mode
from renderers.douyin.wire import JSON, Answer, Garbled, address, json_body

CLIENT: Final = "/oauth/client_token/"
TICKET: Final = "/open/getticket/"
SHARE: Final = "/share-id/"
LINK: Final = "/api/douyin/v1/schema/get_share/"
OFFERED: Final = "offered"
WAITS: Final = "scan"
"""Why a delivery waits, as a key of the catalogue: ``douyin.wait.scan``."""
_FILM: Final = "film:"
_SHARED: Final = "share:"


def is_possible(account: Account, mode: Mapping[str, Any] | None) -> bool:
    """Whether a link may be tried: the app is set up, reachable from a phone, and was not refused before."""
    settings, base = account.settings, account.services.site.base_url
    if settings.mode not in {Mode.auto, Mode.scan} or not settings.client_key:
        return False
    is_reachable = base.startswith("https://") or not settings.is_platform
    return is_reachable and (settings.mode is Mode.scan or not (mode or {}).get("gone"))


async def offer(account: Account, payload: Payload, attempt: str) -> Outcome | None:
    """A link for a phone, told with the task; None where this account may not have one.

    Raises:
        Halt: nothing was offered, and why.
    """
    services = account.services
    mode, version = await services.state.get(SCAN)
    if not is_possible(account, mode):
        return None
    try:
        share, link, until, nonce = await _made(account, payload)
    except CapabilityGone as gone:
        since = _seconds(account.now)
        await services.state.put(SCAN, {"gone": True, "code": gone.code, "since": since}, version=version)
        await services.journal.record("douyin.scan_refused", code=gone.code, said=gone.said)
        return None
    pack = await outbox.pack(payload, services)
    record = {
        **attempts.begun(
            video="", upload="", text=_posted(payload.text), private=payload.private, since=_seconds(account.now)
        ),
        "state": OFFERED,
        "share": share,
        "until": until,
        "link": link,
        "pack": pack.sha256,
    }
    for name, sha256 in _media(payload, nonce).items():
        size = payload.size if payload.video else len(await services.assets.read(sha256))
        shown = {"sha256": sha256, "size": size, "until": until, "release": payload.release}
        kind = "video/mp4" if payload.video else "image/jpeg"
        await services.state.put(film_name(name), {**shown, "type": kind}, version=0)
    await services.state.put(_SHARED + share, {}, version=0)
    if not await attempts.save(services, attempt, record, version=0):
        return NotSent("douyin.taken_over", retry=True)
    return _waiting(record)


async def look(account: Account, attempt: str, record: dict[str, Any], *, version: int) -> Outcome:
    """What became of an offered link; reading never offers another."""
    services = account.services
    heard, _ = await services.state.get(_SHARED + str(record["share"]))
    item = str((heard or {}).get("item") or record.get("item") or "")
    if not await account.needs_consent():
        known = {**record, "item": item} if item else record
        row = await (readings.find(account, known) if item else readings.listed(account, known))
        if isinstance(row, Unknown) and item:
            return row
        if isinstance(row, Mapping) or item:
            judged = attempts.judge(known, None if isinstance(row, Unknown) else row)
            await attempts.save(services, attempt, {**judged.record, "state": OFFERED}, version=version)
            return judged.outcome
    elif item:
        return Sent(item)  # the platform's own signed word is all we may have of it
    if _seconds(services.now()) < int(record["until"]):
        return _waiting(record)
    detail = {"task": "douyin.task.after_scan", "pack": record["pack"], "link": outbox.CONSOLE, "ask": "url"}
    return Manual(detail)


async def told(services: Services, share: str, item: str) -> None:
    """The platform's event about one of our links; of any other nothing is kept."""
    known, version = await services.state.get(_SHARED + share[:64])
    if known is not None and item and not known.get("item"):
        await services.state.put(_SHARED + share[:64], {"item": item[:128]}, version=version)


@dataclass(frozen=True, slots=True)
class Film:
    """The film behind a link, or one of its pictures."""

    sha256: str
    size: int
    release: str
    media_type: str


async def film(services: Services, name: str, now: dt.datetime) -> Film | None:
    """What is behind a link by the secret part of its address; None once it has ended."""
    found, _ = await services.state.get(film_name(name))
    if not found or int(found["until"]) <= _seconds(now):
        return None
    kind = str(found.get("type") or "video/mp4")
    return Film(str(found["sha256"]), int(found["size"]), str(found["release"]), kind)


def film_name(nonce: str) -> str:
    return _FILM + hashlib.sha256(nonce.encode()).hexdigest()[:48]


async def _made(account: Account, payload: Payload) -> tuple[str, str, int, str]:
    """Share id, link, its end, and the secret part of the film's address."""
    token = await _client_token(account)
    ticket = _text(await _asked(account, "GET", TICKET, token), "ticket")
    query = {"need_callback": "true"}
    share = _text(await _asked(account, "GET", SHARE, token, query=query), "share_id")
    until = _seconds(account.now + dt.timedelta(hours=account.settings.scan_hours))
    nonce = secrets.token_urlsafe(24)
    title, topics = _parted(payload.text)
    base = f"{account.services.site.base_url.rstrip('/')}/hooks/douyin/{account.target.code}/film/"
    media = [base + name for name in _media(payload, nonce)]
    body: dict[str, object] = {
        "client_ticket": ticket,
        "expire_at": until,
        "state": share,
        "title": title,
        "hashtag_list": topics,
    }
    # Straight to the page of publishing: the platform allows it for one film.
    body |= {"video_path": media[0], "share_to_publish": 1} if payload.video else {"image_list_path": media}
    link = _text(await _asked(account, "POST", LINK, token, body=json_body(body)), "schema")
    return share, link, until, nonce


async def _client_token(account: Account) -> str:
    secret = await account.services.vault.get("client_secret")
    if not secret:
        raise CapabilityGone(0, "–")
    fields = {"client_key": account.settings.client_key, "client_secret": secret, "grant_type": "client_credential"}
    answer = await account.form(CLIENT, **fields)
    return _text(_yes(answer), "access_token")


async def _asked(
    account: Account,
    method: str,
    path: str,
    token: str,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    headers = {"access-token": token} | ({"content-type": JSON} if body else {})
    url = address(account.settings.base_url, path, **(query or {}))
    return _yes(await account.request(method, url, body=body, headers=headers, name=path))


def _media(payload: Payload, nonce: str) -> Mapping[str, str]:
    """What a phone fetches, by the secret part of its address: the film, or the pictures in their order."""
    if payload.video:
        return {nonce: payload.video}
    return {f"{nonce}-{number}": sha256 for number, sha256 in enumerate(payload.pictures, 1)}


def _parted(text: str) -> tuple[str, list[str]]:
    """Words and topics, which a link has apart."""
    words, _, last = text.rpartition("\n")
    topics = [one[1:] for one in last.split(" ") if one.startswith("#")]
    return (words, topics) if topics else (text, [])


def _posted(text: str) -> str:
    """The words as the app puts them together again."""
    words, topics = _parted(text)
    return words + "".join(f" #{topic}" for topic in topics)


def _waiting(record: Mapping[str, Any]) -> Accepted:
    detail = {"task": "douyin.task.scan", "qr": record["link"], "pack": record["pack"], "ask": "url"}
    return Accepted(WAITS, {**detail, "until": record["until"]})


def _yes(answer: Answer | Garbled) -> Answer:
    if isinstance(answer, Garbled):
        raise no_answer(answer)
    if answer.code:
        raise no(answer)
    return answer


def _text(answer: Answer, name: str) -> str:
    found = answer.data.get(name)
    if not isinstance(found, str) or not found:
        raise no_answer(Garbled(f"no {name}"))
    return found


def _seconds(at: dt.datetime) -> int:
    return int(at.timestamp())
