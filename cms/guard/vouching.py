"""Which releases of an earlier epoch still count. Pure."""

from collections.abc import Collection

from cms.guard.errors import GuardRefused
from cms.guard.state import GuardState
from cms.trust.approval import Bundle
from cms.trust.limits import THRESHOLD


def check_vouched(state: GuardState, bundle: Bundle, epoch: int, *, present: int) -> None:
    """A release of an earlier epoch counts when this guard remembers its approvals.

    What was approved after the copy that a guard was restored from is approved no more: whoever held the machine in
    between may have had it made, and the record of it is gone. It is submitted and approved again.

    Raises GuardRefused `guard.approval_void`.
    """
    if epoch >= present or bundle.release in state.receipts:
        return
    remembered: Collection[str] = state.approved.get(bundle.release, ())
    if len({one.person for one in bundle.approvals}.intersection(remembered)) < THRESHOLD:
        raise GuardRefused("guard.approval_void", release=bundle.release)
