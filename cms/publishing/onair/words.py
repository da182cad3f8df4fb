"""The words of an approved piece as a channel shows them over its picture. Pure."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import Piece

MOST_TITLE: Final = 60
MOST_TEXT: Final = 240


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a few sentences, and who says them; nothing here is typed beside the approved piece."""

    title: str
    text: str
    source: str

    @classmethod
    def of(cls, piece: Piece) -> "Words":
        """What people approved, cut to what fits a picture."""
        return cls(piece.title[:MOST_TITLE], piece.summary[:MOST_TEXT], piece.byline.sponsor or piece.byline.source)

    def spec(self) -> dict[str, Any]:
        return {"title": self.title, "text": self.text, "source": self.source}

    def key(self, kind: str) -> str:
        """The same words give the same picture, whichever channels ask."""
        told = json.dumps([kind, self.title, self.text, self.source], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()
