"""Text as it is stored and searched: NFC, no control characters, pinyin keys, spaced CJK."""

import re
import unicodedata

# The classes measured to equal substring search for Chinese when each character is a word of its own.
_CJK = re.compile("([\u3400-\u9fff\U00020000-\U0003ffff])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_SPACE = re.compile(r"\s+")


def clean(value: str) -> str:
    """NFC without control and zero-width characters, outer white space removed; lines are kept."""
    # Normalised last: what a removed mark kept apart may now compose.
    return unicodedata.normalize("NFC", _CONTROL.sub("", value)).strip()


def one_line(value: str) -> str:
    """`clean`, with every run of white space folded to one space."""
    return _SPACE.sub(" ", clean(value))


def pinyin_key(value: str) -> str:
    """Lower-case pinyin initials and other letters, for ordering and search by initials: «吴江新闻» → ``wjxw``."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - its dictionary costs a third of a second at every start

    parts = lazy_pinyin(value, style=Style.FIRST_LETTER, errors="default")
    return "".join(ch for part in parts for ch in part.lower() if ch.isalnum())


def read_dictionary() -> None:
    """Reads what `pinyin_key` needs, or whoever asks first holds everything up for it; blocks, a third of a second."""
    pinyin_key("吴")


def search_text(value: str) -> str:
    """Text for a full-text index: every CJK character spaced, so that a phrase query equals substring search."""
    return _SPACE.sub(" ", _CJK.sub(r" \1 ", clean(value))).strip()
