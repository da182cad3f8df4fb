"""What somebody with the App sees: the list of its pieces, and beside it the events it was told."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fakes.stage.messages import Answer, Request
from tests.fakes.stage.pages import html, templates

if TYPE_CHECKING:
    from tests.fakes.cityapp.app import App

_PAGES = templates(Path(__file__).parent / "templates")
_WORDS: Final = {"publish": ("新稿", "good"), "correct": ("更正", "wait"), "recall": ("撤回", "bad")}


def page(app: "App", request: Request) -> Answer | None:
    if request.method not in {"GET", "HEAD"} or request.path != "/":
        return None
    told = [
        {"title": app.title_of(event), "word": _WORDS[event["type"]][0], "tone": _WORDS[event["type"]][1]}
        for event in reversed(app.seen.values())
    ]
    shown = sorted(app.documents.values(), key=lambda one: one.at, reverse=True)
    return html(
        _PAGES,
        "list.html",
        platform="cityapp",
        revision=app.revision,
        account=app.title,
        shown=shown,
        visible=sum(not one.gone for one in shown),
        told=told[:10],
        refused=sum(entry.status == 401 for entry in app.journal.entries),
        calls=app.journal.entries[:-9:-1],
    )
