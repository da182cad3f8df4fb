"""Names with wrong titles: a person of the office's list with a title beside the name that is not theirs. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cms.review.findings import Finding
from cms.review.passages import SHOWN, Passage

# What titles end with. A word beside a name that ends otherwise is no title and says nothing.
ENDINGS: Final = (
    "书记|区长|县长|市长|镇长|乡长|街道办主任|主任|局长|部长|科长|处长|所长|站长|院长|校长|会长|主席|常委|委员|秘书长|"
    "干事|主编|总编|总编辑|代表|队长|支书|书记员|行长|总经理|董事长|厂长|社长|台长|馆长|检察长|政委|参谋长|同志"
)
_ENDS: Final = re.compile(f"(?:{'|'.join(sorted(ENDINGS.split('|'), key=len, reverse=True))})$")
_BEGINS: Final = re.compile(f"(?:副|代理?|原|前)?(?:{'|'.join(sorted(ENDINGS.split('|'), key=len, reverse=True))})")
# The words of titles before a name, back to the first mark that is not 、 between two of them.
_BEFORE: Final = re.compile(r"[\u3400-\u9fffA-Za-z0-9、]{1,40}$")
# What turns a title into another one when it stands before it.
_TURNS: Final = ("副", "代", "原", "前", "代理")
_POLITE: Final = frozenset({"同志"})


@dataclass(frozen=True, slots=True)
class Name:
    """A person of the list, and every title that is right."""

    name: str
    titles: tuple[str, ...]


def find_titles(names: Mapping[str, Name], texts: Sequence[Passage]) -> Iterator[Finding]:
    """Where a listed name stands beside a title that is not on the list for it."""
    if not names:
        return
    any_name = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
    for passage in texts:
        for hit in any_name.finditer(passage.text):
            wrong = wrong_title(passage.text, hit.start(), hit.end(), names[hit[0]].titles)
            if wrong is not None:
                start, end = wrong
                right = "；".join(names[hit[0]].titles)
                params = {"name": hit[0], "found": passage.text[start:end][-SHOWN:], "suggest": right}
                yield Finding("reason", "title_wrong", passage.field, passage.block, params, start, end)


def wrong_title(text: str, start: int, end: int, titles: Sequence[str]) -> tuple[int, int] | None:
    """The range of a title beside the name at [start, end) that is none of `titles`, None when there is none."""
    before = _BEFORE.search(text[:start])
    if before:
        place = start
        for title in reversed(before[0].split("、")):
            if not _ENDS.search(title):
                break
            if title not in _POLITE and not _is_right(title, titles):
                return place - len(title), place
            place -= len(title) + 1
    after = _BEGINS.match(text, end)
    if after and after[0] not in _POLITE and not any(_ends_with(title, after[0]) for title in titles):
        return after.span()
    return None


def _is_right(said: str, titles: Sequence[str]) -> bool:
    """Whether what stands before a name is a right title, more of it or less: «吴江区委书记», «书记» for «区委书记»."""
    return any(_ends_with(said, title) or _ends_with(title, said) for title in titles)


def _ends_with(whole: str, part: str) -> bool:
    return whole == part or (whole.endswith(part) and not whole[: -len(part)].endswith(_TURNS))
