"""Taking one's step of a review: prepared, signed by the guard between two transactions, and recorded."""

from cms.content.queries import find
from cms.content.states import EditionState
from cms.desk.passkeys import approve_with
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people.passkeys import Answer
from cms.publishing.urgent import bring_out
from cms.review.approve import prepare_approval, record_approval
from cms.review.batch import prepare_batch
from cms.review.remarks import Remarks

# Each is opened by the guard for itself, which costs it a fifth of a second.
MOST = 20


async def sign_step(
    visit: Visit,
    public_id: str,
    *,
    seen: str,
    password: str = "",
    passkey: Answer | None = None,
    opinion: str = "",
    remarks: Remarks = (),
) -> EditionState:
    """Takes the step over the release `seen`; the second key of an emergency is also what sends it out.

    It is signed by the key that the password opens in the guard, or by the passkey whose answer this is.

    Raises as `prepare_approval` and `record_approval`, and what the guard refuses.
    """
    deps, actor = visit.deps, visit.actor
    async with deps.db.read() as session:
        held = await find(session, actor, public_id)
        to_sign = await prepare_approval(session, actor, held.edition.id, seen=seen)
    if passkey is None:
        approval = await deps.keys.approve(actor.person, password, to_sign.text)
    else:
        approval = await approve_with(visit, passkey, to_sign.text)
    granted = await deps.keys.delegations()
    async with deps.db.write() as session:
        edition = await record_approval(
            session,
            actor,
            held.edition.id,
            approval,
            delegations=granted,
            opinion=opinion,
            remarks=remarks,
            now=visit.now,
        )
        if edition.state == EditionState.APPROVED.value:
            await bring_out(session, actor, edition.id, now=visit.now)
        return EditionState(edition.state)


def check_size(count: int) -> None:
    """Raises Invalid `review.batch_size` for none or more pieces than are passed at once."""
    if not 1 <= count <= MOST:
        raise Invalid("review.batch_size", most=MOST)


async def pass_one(visit: Visit, public_id: str, *, seen: str, password: str, opinion: str = "") -> EditionState:
    """An earlier step of one of several pieces; raises also as `prepare_batch`."""
    deps, actor = visit.deps, visit.actor
    async with deps.db.read() as session:
        held = await find(session, actor, public_id)
        to_sign = await prepare_batch(session, actor, held.edition.id, seen=seen)
    approval = await deps.keys.approve(actor.person, password, to_sign.text)
    granted = await deps.keys.delegations()
    async with deps.db.write() as session:
        # Asked once more: between the signature and here the piece may have come to its last step.
        await prepare_batch(session, actor, held.edition.id, seen=seen)
        edition = await record_approval(
            session, actor, held.edition.id, approval, delegations=granted, opinion=opinion, now=visit.now
        )
        return EditionState(edition.state)
