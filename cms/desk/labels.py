"""Names of things as people read them, and rows of facts: the same words on every page."""

import datetime as dt
from collections.abc import Mapping, Sequence

from cms.content.draft import BylineDraft
from cms.content.kinds import Kind
from cms.desk.visit import Visit
from cms.people.roles import Role
from cms.review.findings import SEVERITIES, Finding
from cms.trust.release import Envelope

Fact = Mapping[str, str]
_DAY_MS = 86_400_000


def kind(visit: Visit, value: str) -> str:
    return visit.t(f"enum.Kind.{Kind(value).name}")


def role(visit: Visit, value: Role) -> str:
    return visit.t(f"enum.Role.{value.name}")


def channel(visit: Visit, code: str) -> str:
    """A channel's name, of the house or of its own folder; one that is no longer installed keeps its code."""
    return known(visit, f"desk.channel.{code}", f"{code}.name", code)


def journal(visit: Visit, kind: str, event: str) -> str:
    """An event of an account's journal, in the words of its channel or of the house."""
    name = event.removeprefix(f"{kind}.")
    return known(visit, f"{kind}.journal.{name}", f"publishing.journal.{name}", name)


def known(visit: Visit, *keys: str) -> str:
    """The text of the first key the catalogue has; the last one as it stands when it has none."""
    texts = visit.deps.catalogue.keys(visit.language)
    found = next((key for key in keys if key in texts and not key.startswith("error.")), None)
    return keys[-1] if found is None else visit.t(found)


def trouble(visit: Visit, code: str, params: Mapping[str, object]) -> dict[str, str]:
    """The sentence of what went wrong; a channel's code that has none is shown as it is."""
    if f"error.{code}" not in visit.deps.catalogue.keys(visit.language):
        code, params = "publishing.other_trouble", {"code": code}
    sentence = visit.deps.catalogue.error(visit.language, code, params)
    return {"code": code, "text": sentence.text, "next": sentence.next}


def level(visit: Visit, value: str) -> str:
    """A unit's level, which is data: a name we do not know is shown as it is."""
    key = f"desk.level.{value}"
    return visit.t(key) if key in visit.deps.catalogue.keys(visit.language) else value


def indented(path: str, name: str) -> str:
    """A unit in a list of choices: its depth as space."""
    return "\u3000" * max(0, path.count("/") - 2) + name


def fact(label: str, value: str) -> Fact:
    return {"label": label, "value": value}


def byline(visit: Visit, draft: BylineDraft) -> list[Fact]:
    """The duties that are filled."""
    named = (
        ("source", draft.source),
        ("reporter", draft.reporter),
        ("editor", draft.editor),
        ("sponsor", draft.sponsor),
    )
    return [fact(visit.t(f"content.field.byline.{name}"), value) for name, value in named if value]


def instant(visit: Visit, at: dt.datetime) -> str:
    return at.astimezone(visit.deps.zone).strftime("%Y-%m-%d %H:%M")


def envelope(visit: Visit, allowed: Envelope, names: Mapping[str, str]) -> list[Fact]:
    """What a release may be used for; `names` are of units by path."""
    units = visit.joined(names.get(path, path) for path in allowed.units)
    channels = visit.joined(channel(visit, code) for code in allowed.channels)
    begins = instant(visit, dt.datetime.fromtimestamp(allowed.not_before / 1000, dt.UTC))
    ends = (
        visit.t("desk.envelope.open")
        if allowed.not_after is None
        else instant(visit, dt.datetime.fromtimestamp(allowed.not_after / 1000, dt.UTC))
    )
    return [
        fact(visit.t("content.field.units"), units),
        fact(visit.t("content.field.channels"), channels),
        fact(visit.t("content.field.not_before"), begins),
        fact(visit.t("content.field.not_after"), ends),
        fact(visit.t("content.field.offline"), offline(visit, allowed.offline)),
    ]


def offline(visit: Visit, ms: int | None) -> str:
    if ms is None:
        return visit.t("desk.offline.never")
    return visit.t("desk.offline.days", count=max(1, round(ms / _DAY_MS)))


def findings(visit: Visit, found: Sequence[Finding]) -> list[dict[str, str]]:
    """Findings as the component shows them; what must be mended first."""
    shown = [_finding(visit, one) for one in sorted(found, key=lambda one: SEVERITIES.index(one.severity))]
    return shown or [{"level": "good", "text": visit.t("desk.findings.none"), "next": "", "block": ""}]


def _finding(visit: Visit, found: Finding) -> dict[str, str]:
    params = {name: _said(visit, name, value) for name, value in found.params.items()}
    if found.field:
        params["field"] = visit.t(f"content.field.{found.field}")
    text = visit.t(f"review.check.{found.code}", **params)
    if "only" in found.params:
        text = visit.t("desk.override.finding", channel=channel(visit, str(found.params["only"])), text=text)
    return {
        "level": {"must": "bad", "reason": "wait", "hint": "info"}[found.severity],
        "severity": visit.t(f"review.severity.{found.severity}"),
        "text": text,
        "next": visit.t(f"review.check.{found.code}.next", **params),
        "block": found.block or f"field-{found.field.rpartition('.')[2]}",
    }


def _said(visit: Visit, name: str, value: str | int) -> str | int:
    if name == "channel" and isinstance(value, str):
        return channel(visit, value)
    if name == "types" and isinstance(value, str):
        return visit.joined(visit.t(f"content.block.{one}") for one in value.split("/"))
    return value
