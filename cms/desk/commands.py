"""What the command bar offers: rooms and acts a person may reach, found by their words or pinyin initials."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from cms.kernel.text import one_line, pinyin_key


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the bar: where it leads; `sub` says more about it, `icon` is one of the sprite."""

    title: str
    href: str
    icon: str
    sub: str = ""


def matching(commands: Iterable[Command], typed: str) -> list[Command]:
    """The commands whose title or initials hold what was typed, the earlier the sooner; all for nothing typed.

    >>> [one.title for one in matching([Command("审稿", "/", ""), Command("素材库", "/", "")], "sc")]
    ['素材库']
    """
    wanted = one_line(typed).lower()
    if not wanted:
        return list(commands)
    ranked = [(place, number, one) for number, one in enumerate(commands) if (place := _place(one.title, wanted)) >= 0]
    return [one for _, _, one in sorted(ranked, key=lambda found: found[:2])]


def _place(title: str, wanted: str) -> int:
    """How far into the title or its initials the words stand; below 0 where they do not."""
    where = title.lower().find(wanted)
    return where if where >= 0 else _initials(title).find(wanted)


@functools.lru_cache(maxsize=512)
def _initials(title: str) -> str:
    return pinyin_key(title)
