"""The review slip 审签单 over the API, as data: who wrote, who passed, who signed, over which hash."""

import datetime as dt
from typing import Any

from cms.api.resources import Given, Resource, ask
from cms.content.queries import find
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.review.findings import finding_json
from cms.review.slip import Slip, slip_of


class SlipStepLine(Given):
    """A step of the plan; `decision` empty while nobody took it. `key` is the public key it was signed with."""

    step: str
    decision: str
    person: str
    opinion: str
    remarks: dict[str, str]
    at: dt.datetime | None
    key: str


class SlipProofLine(Given):
    """A proof of the track; nobody made it yet while `person` is empty."""

    ordinal: int
    person: str
    checks: dict[str, str]
    clean: bool
    note: str
    at: dt.datetime | None


class SlipAfter(Given):
    """What was said of an emergency after it went out."""

    person: str
    agreed: bool
    opinion: str
    at: dt.datetime


class SlipFinding(Given):
    """What the machine found when the piece was submitted."""

    severity: str
    code: str
    field: str
    block: str


class SlipEnvelope(Given):
    """What the release may be used for; instants in ms since 1970, durations in ms."""

    units: list[str]
    channels: list[str]
    not_before: int
    not_after: int | None
    offline: int | None


class SlipSheet(Given):
    """The sheet of one submission; `counts`: it is the edition's present one."""

    document: str
    edition: int
    round: int
    kind: str
    state: str
    title: str
    unit: str
    authors: list[str]
    submitted_by: str
    submitted_at: dt.datetime
    note: str
    urgent: bool
    counts: bool
    release: str
    revision: str
    rules_version: str
    envelope: SlipEnvelope
    steps: list[SlipStepLine]
    proofs: list[SlipProofLine]
    findings: list[SlipFinding]
    after: SlipAfter | None


async def read_slip(visit: Visit) -> SlipSheet:
    """The review slip of the last submission, or of an earlier one by its number."""
    asked = visit.query("round")
    round_ = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        return _sheet(await slip_of(session, visit.actor, held.edition.id, round_=round_))


def _sheet(slip: Slip) -> SlipSheet:
    allowed = slip.release.envelope
    return SlipSheet(
        document=slip.public_id,
        edition=slip.number,
        round=slip.round,
        kind=slip.kind.value,
        state=slip.state.value,
        title=slip.title,
        unit=slip.unit_name,
        authors=list(slip.authors),
        submitted_by=slip.submitted_by,
        submitted_at=slip.submitted_at,
        note=slip.note,
        urgent=slip.plan.urgent,
        counts=slip.counts,
        release=slip.hash,
        revision=slip.release.revision,
        rules_version=slip.rules_version,
        envelope=SlipEnvelope(
            units=list(allowed.units),
            channels=list(allowed.channels),
            not_before=allowed.not_before,
            not_after=allowed.not_after,
            offline=allowed.offline,
        ),
        steps=[
            SlipStepLine(
                step=one.key,
                decision=one.decision,
                person=one.person,
                opinion=one.opinion,
                remarks=dict(one.remarks),
                at=one.at,
                key=one.signing_key,
            )
            for one in slip.steps
        ],
        proofs=[
            SlipProofLine(
                ordinal=one.ordinal,
                person=one.person,
                checks=dict(one.checks or {}),
                clean=one.clean,
                note=one.note,
                at=one.at,
            )
            for one in slip.proofs
        ],
        findings=[_finding(finding_json(one)) for one in slip.findings],
        after=None
        if slip.after is None
        else SlipAfter(
            person=slip.after.person, agreed=slip.after.agreed, opinion=slip.after.opinion, at=slip.after.at
        ),
    )


def _finding(raw: dict[str, Any]) -> SlipFinding:
    return SlipFinding(severity=raw["severity"], code=raw["code"], field=raw["field"], block=raw["block"])


RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/documents/{id}/slip", read_slip, Action.DOCUMENT_READ, given=SlipSheet, queries=("round",)),
)
