"""The picture somebody shows for a task they did at a platform: taken with the task's form, looked at afterwards."""

from aiohttp import web

from cms.desk.routing import get
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.people.permissions import Action
from cms.publishing.proofs import Proof, keep_proof, proof_of


async def taken(visit: Visit, form: Form) -> Proof | None:
    """The picture that was sent along; None without one. Raises as `keep_proof`."""
    sent = form.get("proof")
    if not isinstance(sent, web.FileField):
        return None
    with sent.file as file:
        data = file.read()
    if not data:
        return None
    delivery = as_uuid(text(form, "delivery"))
    return await keep_proof(visit.deps.db, visit.deps.workshop, visit.actor, delivery, data)


async def show(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        found = await proof_of(session, visit.actor, visit.uuid("delivery"))
    response = web.StreamResponse(
        headers={
            "Content-Type": found.media_type,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
    )
    store = visit.deps.workshop.store
    response.content_length = await store.size(found.sha256)
    await response.prepare(visit.request)
    async for block in store.stream(found.sha256):
        await response.write(block)
    await response.write_eof()
    return response


ROUTES = (get("/desk/publishing/proofs/{delivery}", show, Action.PUBLISHING_RETRY),)
