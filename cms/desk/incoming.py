"""An upload as the pages show it: how much is here, what came of it, and the asset that already has the file."""

import uuid
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import pieces, videos
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.library.models import AUDIO, VIDEO, Upload
from cms.library.queries import AssetWithFiles, asset_for
from cms.library.states import UploadState

UPLOAD_URL: Final = "/desk/library/uploads/{upload}"
ASSET_PAGE: Final = "/desk/library/assets/{asset}"


async def shown(visit: Visit, session: AsyncSession, row: Upload, here: int) -> dict[str, Any]:
    """For the page and as JSON for its scripts."""
    state = UploadState(row.state)
    fault = None
    if row.error_code is not None and state in {UploadState.FAILED, UploadState.WAITING}:
        sentence = visit.deps.catalogue.error(visit.language, row.error_code, row.error_params)
        fault = {"code": row.error_code, "text": sentence.text, "next": sentence.next}
    return {
        "id": str(row.id),
        "name": row.name,
        "state": state.value,
        "label": visit.t(f"enum.UploadState.{state.name}"),
        "size": row.size,
        "percent": 100 * here // row.size,
        "mib": f"{row.size / (1 << 20):.1f}",
        "expires_at": row.expires_at.isoformat(),
        "href": UPLOAD_URL.format(upload=row.id),
        "fault": fault,
        "asset": await _asset(visit, session, row.asset_id),
        "twin": await _asset(visit, session, row.twin_id),
    }


def card(visit: Visit, found: AssetWithFiles) -> dict[str, Any]:
    """An asset as scripts take it."""
    asset = found.asset
    page = ASSET_PAGE.format(asset=asset.id)
    if asset.kind in {VIDEO, AUDIO}:
        return {**videos.shown(visit, found), "page": page}
    url = pieces.ASSET_URL.format(asset=asset.id)
    return {
        "id": str(asset.id),
        "asset": str(asset.id),
        "kind": asset.kind,
        "name": asset.name,
        "url": url,
        "page": page,
    }


async def _asset(visit: Visit, session: AsyncSession, asset: uuid.UUID | None) -> dict[str, Any] | None:
    if asset is None:
        return None
    try:
        return card(visit, await asset_for(session, visit.actor, asset))
    except DomainError:
        return None  # taken away meanwhile
