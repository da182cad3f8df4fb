"""What a route of the API takes and gives, as pydantic models; the OpenAPI document is made from nothing else."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from cms.contract import Route
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid


class Sent(BaseModel):
    """Base of what is sent: an unknown field is an error, as everywhere in the house."""

    model_config = ConfigDict(extra="forbid")


class Given(BaseModel):
    """Base of what is given back."""


S = TypeVar("S", bound=Sent)
Asker = Callable[[Visit], Awaitable[Given]]


@dataclass(frozen=True, slots=True)
class Resource:
    """A route with its models; `sent` None for one without a body."""

    route: Route
    summary: str
    given: type[Given]
    sent: type[Sent] | None = None
    queries: tuple[str, ...] = ()


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
) -> Resource:
    """A POST or PUT with a JSON body."""

    async def handle(visit: Visit) -> web.StreamResponse:
        return _json(await act(visit, await _read(visit, sent)))

    return Resource(Route(method, path, handle, permission), _summary(act), given, sent)


async def _read(visit: Visit, model: type[S]) -> S:
    """Raises Invalid `api.body` naming the fields."""
    try:
        return model.model_validate(json.loads(await visit.request.read()))
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
