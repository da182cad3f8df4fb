"""A video or recording as the pages show it: how it stands in words, how long it takes, what to do when it failed."""

from typing import Any, Final

from cms.desk import pieces
from cms.desk.visit import Visit
from cms.library.models import AUDIO, EncodeJob
from cms.library.queries import AssetWithFiles
from cms.library.states import VideoState
from cms.people.permissions import Action, Subject, can
from media.house import FIRST_LOOK

POSTER_URL: Final = "/desk/assets/{asset}/poster"
_MINUTE: Final = 60
_HOUR: Final = 3600


def shown(visit: Visit, found: AssetWithFiles) -> dict[str, Any]:
    """For cards, for the picker and as JSON for scripts; nothing in it but texts, numbers and addresses."""
    asset, job = found.asset, found.job
    state = VideoState(asset.state)
    is_sound = asset.kind == AUDIO
    plays = "voice" if is_sound else "play-720"
    return {
        "id": str(asset.id),
        "kind": asset.kind,
        "name": asset.name,
        "state": state.value,
        "label": visit.t(f"desk.state.{state.value}"),
        "duration": clock(asset.duration_ms),
        "size": visit.t("desk.library.kind.audio") if is_sound else f"{asset.width} × {asset.height}",
        "percent": job.percent if job is not None else 0,
        "words": _words(visit, state, job),
        "fault": _fault(visit, state, job),
        "thumb": pieces.thumb(asset.poster_id) if asset.poster_id else "",
        "poster": str(asset.poster_id) if asset.poster_id else "",
        "poster_url": pieces.ASSET_URL.format(asset=asset.poster_id) if asset.poster_id else "",
        "play": f"/desk/assets/{asset.id}/{plays}" if state is VideoState.READY and plays in found.files else "",
        "look": f"/desk/assets/{asset.id}/{FIRST_LOOK}" if FIRST_LOOK in found.files else "",
        "may_retry": state is VideoState.REJECTED and bool(can(visit.actor, Action.LIBRARY_UPLOAD, _subject(found))),
        "href": f"/desk/library/videos/{asset.id}",
    }


def _subject(found: AssetWithFiles) -> Subject:
    return Subject(found.asset.unit_path, frozenset({found.asset.created_by}))


def clock(ms: int | None) -> str:
    """`1:02`, or `1:02:03` from an hour on."""
    if ms is None:
        return ""
    minutes, seconds = divmod(round(ms / 1000), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _words(visit: Visit, state: VideoState, job: EncodeJob | None) -> str:
    if state is VideoState.WAITING:
        return visit.t("desk.video.waiting")
    if state is not VideoState.ENCODING or job is None:
        return ""
    if job.eta_seconds is None:
        return visit.t("desk.video.encoding", percent=job.percent)
    return visit.t("desk.video.encoding_eta", percent=job.percent, eta=_eta(visit, job.eta_seconds))


def _eta(visit: Visit, seconds: int) -> str:
    if seconds < _MINUTE:
        return visit.t("desk.video.eta.soon")
    if seconds < _HOUR:
        return visit.t("desk.video.eta.minutes", minutes=round(seconds / _MINUTE))
    return visit.t("desk.video.eta.hours", hours=seconds // _HOUR, minutes=seconds % _HOUR // _MINUTE)


def _fault(visit: Visit, state: VideoState, job: EncodeJob | None) -> dict[str, str] | None:
    """Why it was rejected, or what it waits for; the reason of an earlier try is over once it is encoded again."""
    if job is None or job.error_code is None or state is VideoState.ENCODING:
        return None
    sentence = visit.deps.catalogue.error(visit.language, job.error_code, job.error_params)
    again = visit.t("desk.video.again") if state is VideoState.WAITING else sentence.next
    return {"code": job.error_code, "text": sentence.text, "next": again}
