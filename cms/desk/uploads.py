"""One file out of a multipart request, block by block: nothing of it is held in memory."""

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import BodyPartReader

from cms.desk.visit import Visit
from cms.kernel.errors import Invalid

_BLOCK: Final = 1 << 18


async def file_part(visit: Visit) -> BodyPartReader:
    """The part ``file`` of the upload, which comes first. Raises Invalid `desk.no_file`."""
    if visit.request.content_type != "multipart/form-data":
        raise Invalid("desk.no_file")
    try:
        part = await (await visit.request.multipart()).next()
    except ValueError as error:
        raise Invalid("desk.no_file") from error
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise Invalid("desk.no_file")
    return part


async def blocks_of(part: BodyPartReader) -> AsyncIterator[bytes]:
    while block := await part.read_chunk(_BLOCK):
        yield bytes(block)


def count_intake(visit: Visit, kind: str, outcome: str) -> None:
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_intake_total", kind=kind, outcome=outcome)
