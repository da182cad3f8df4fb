"""What a route of the API takes and gives, as pydantic models; the OpenAPI document is made from nothing else."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import BodyPartReader, web
from pydantic import BaseModel, ConfigDict, ValidationError

from cms.api.answers import once
from cms.contract import Route
from cms.desk.uploads import file_part
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid


class Sent(BaseModel):
    """Base of what is sent: an unknown field is an error, as everywhere in the house."""

    # Built by the first request that needs it: hundreds of models are a tenth of what a start reads.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Given(BaseModel):
    """Base of what is given back."""

    model_config = ConfigDict(defer_build=True)


S = TypeVar("S", bound=Sent)
Asker = Callable[[Visit], Awaitable[Given]]
Taker = Callable[[Visit, BodyPartReader], Awaitable[Given]]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said in headers and bytes instead of JSON: a protocol, or a file that is handed out.

    `asked` and `told` are headers of request and answer, `takes` and `gives` the media types of their bodies.
    """

    status: int = 200
    asked: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    takes: str = ""
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A route with its models; `sent` None for one without a body, `given` None for one that answers as `spoken`."""

    route: Route
    summary: str
    given: type[Given] | None
    sent: type[Sent] | None = None
    queries: tuple[str, ...] = ()
    is_file: bool = False
    has_key: bool = False
    spoken: Spoken | None = None


def ask(path: str, act: Asker, permission: str, *, given: type[Given], queries: tuple[str, ...] = ()) -> Resource:
    """A GET."""

    async def handle(visit: Visit) -> web.StreamResponse:
        return _json(await act(visit))

    return Resource(Route("GET", path, handle, permission), _summary(act), given, None, queries)


def take(
    method: str,
    path: str,
    act: Callable[[Visit, S], Awaitable[Given]],
    permission: str,
    *,
    sent: type[S],
    given: type[Given],
    is_kept: bool = True,
) -> Resource:
    """A POST, PUT or DELETE with a JSON body; with an ``Idempotency-Key`` it is done once however often it is sent.

    `is_kept` False: the answer holds a secret, which is shown once and never stored.
    """

    async def handle(visit: Visit) -> web.StreamResponse:
        body = await visit.request.read()

        async def done() -> web.Response:
            return _json(await act(visit, _parsed(body, sent)))

        return await once(visit, body, done) if is_kept else await done()

    return Resource(Route(method, path, handle, permission), _summary(act), given, sent, has_key=is_kept)


def bring(path: str, act: Taker, permission: str, *, given: type[Given], queries: tuple[str, ...] = ()) -> Resource:
    """A POST of one file as multipart field ``file``, taken block by block."""

    async def handle(visit: Visit) -> web.StreamResponse:
        return _json(await act(visit, await file_part(visit)))

    return Resource(Route("POST", path, handle, permission), _summary(act), given, None, queries, is_file=True)


def speak(
    method: str,
    path: str,
    handler: Callable[[Visit], Awaitable[web.StreamResponse]],
    permission: str,
    *,
    summary: str,
    spoken: Spoken,
    queries: tuple[str, ...] = (),
) -> Resource:
    """A route that answers by itself, the desk's own handler: of a protocol, or with a file."""
    return Resource(Route(method, path, handler, permission), summary, None, None, queries, spoken=spoken)


def _parsed(body: bytes, model: type[S]) -> S:
    """Raises Invalid `api.body` naming the fields."""
    try:
        return model.model_validate(json.loads(body or b"{}"))
    except ValidationError as error:
        wrong = {".".join(map(str, one["loc"])): "api.field" for one in error.errors()}
        raise Invalid("api.body", fields=wrong, names="、".join(wrong)) from error
    except (ValueError, RecursionError) as error:
        raise Invalid("api.body", names="JSON") from error


def _json(given: Given) -> web.Response:
    return web.Response(
        text=given.model_dump_json(), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _summary(act: Callable[..., object]) -> str:
    return (act.__doc__ or "").partition("\n")[0]
