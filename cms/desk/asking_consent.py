"""A fresh link on which a person lets us post at an account."""

from cms.desk.visit import Visit
from cms.kernel.errors import Invalid, NotFound
from cms.planning.models import Target
from cms.planning.targets import as_contract, target_of
from cms.publishing.accounts import note_consent


async def ask_consent(visit: Visit, code: str) -> tuple[Target, str]:
    """The account and the address, which is short-lived; a newer one ends the older.

    Raises NotFound where the channel asks nobody, Denied, Invalid `desk.settings_wrong`.
    """
    async with visit.deps.db.read() as session:
        row = await target_of(session, visit.actor, code)
    channel = visit.deps.channels.get(row.kind)
    if channel is None or channel.consent is None:
        raise NotFound("kernel.not_found")
    target = as_contract(row)
    try:
        address = await channel.consent(target, visit.deps.services(target))
    except ValueError as error:  # settings the desk would not have taken
        raise Invalid("desk.settings_wrong") from error
    async with visit.deps.db.write() as session:
        await note_consent(session, visit.actor, row, now=visit.now)
    return row, address
