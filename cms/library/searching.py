"""What an asset is found by: its name, tags, owner and the words of its subtitles, as one text beside its row."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.text import search_text
from cms.library.models import Asset, AssetTag, SubtitleTrack

_WORDS: Final = 200_000  # of four hours of speech


async def refresh(session: AsyncSession, asset: Asset) -> None:
    """Writes down anew what it is found by; call it with everything else flushed."""
    tags = (await session.scalars(select(AssetTag.tag).where(AssetTag.asset_id == asset.id))).all()
    tracks = (await session.scalars(select(SubtitleTrack.cues).where(SubtitleTrack.asset_id == asset.id))).all()
    said = "\n".join(text for cues in tracks for _, _, text in cues)[:_WORDS]
    asset.search_text = search_text("\n".join((asset.name, *sorted(tags), asset.owner, said)).lower())
    await session.flush()
