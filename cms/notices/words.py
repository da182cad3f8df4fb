"""What a letter says: the notice's subject in the district's language, how often, and where it is dealt with."""

from dataclasses import dataclass

from cms.kernel.messages import Catalogue
from cms.notices.models import Notice


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's title and text; `link` is the page of the desk."""

    title: str
    body: str
    link: str


def words_of(notice: Notice, texts: Catalogue, *, language: str, desk: str) -> Words:
    """`desk` is the address of the installation without a trailing slash."""
    title = subject_of(notice.subject, notice.params, texts, language)
    link = f"{desk}{notice.href}"
    lines = [title, ""]
    if notice.times > 1:
        lines += [texts.text(language, "notices.letter.times", count=notice.times), ""]
    lines += [texts.text(language, "notices.letter.link", link=link), "", texts.text(language, "notices.letter.foot")]
    return Words(title, "\n".join(lines), link)


def subject_of(subject: str, params: dict[str, object], texts: Catalogue, language: str) -> str:
    """The sentence of a notice or an alarm; one whose key or parameter is gone is still shown."""
    try:
        return texts.text(language, subject, **params)
    except KeyError:
        return texts.text(language, "notices.subject.other", subject=subject)
