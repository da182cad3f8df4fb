"""The kinds of document as data: what each must have before it can be submitted."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a document is; also the class under which its release is signed."""

    NEWS = "news"
    LECTURE = "lecture"
    NOTICE = "notice"
    NEWSPAPER = "newspaper"
    ACTIVITY = "activity"


@dataclass(frozen=True, slots=True)
class KindRules:
    """What a kind asks of its pieces.

    `required`: fields that must be filled; `title_limit`, `summary_limit` in characters; `blocks`: block types one of
    which must be in the body (empty: any block with words).
    """

    required: tuple[str, ...]
    title_limit: int = 60
    summary_limit: int = 200
    blocks: frozenset[str] = frozenset()


_BYLINE: Final = ("byline.source", "byline.reporter", "byline.editor", "byline.sponsor", "byline.date")

KINDS: Final[dict[Kind, KindRules]] = {
    Kind.NEWS: KindRules(("title", "column", *_BYLINE)),
    Kind.LECTURE: KindRules(("title", "column", "cover", *_BYLINE), blocks=frozenset({"video"})),
    Kind.NOTICE: KindRules(("title", "column", "not_after", *_BYLINE)),
    Kind.NEWSPAPER: KindRules(("title", "column", "cover", *_BYLINE), blocks=frozenset({"image", "page"})),
    Kind.ACTIVITY: KindRules(("title", "summary", "column", "not_after", *_BYLINE)),
}
