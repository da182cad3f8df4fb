"""What a follower sees on a phone: the account's articles, and one article."""

import html as entities
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from tests.fakes.stage.magic import MEDIA_TYPES, kind_of
from tests.fakes.stage.messages import Answer, Request
from tests.fakes.stage.pages import file, html, templates

if TYPE_CHECKING:
    from tests.fakes.wechat.simulator import WeChat

_PAGES = templates(Path(__file__).parent / "templates")
_HOSTED = re.compile(r'(<img\b[^>]*?\ssrc=")https?://mmbiz\.qpic\.cn(/[^"?]*)[^"]*"')
# The body's own styles are what is shown here; everything else stays strict.
_ARTICLE_POLICY: Final = "style-src-attr 'unsafe-inline'; form-action 'none'"
# What the template's words say on the platform's side.
_NAMES: Final = {"thing1": "标题", "time2": "时间", "thing3": "单位"}
WORDS: Final = {
    0: ("已发表", "good"),
    1: ("发表中", "wait"),
    2: ("原创校验失败", "bad"),
    3: ("发表失败", "bad"),
    4: ("审核不通过", "bad"),
    5: ("已删除", ""),
    6: ("已屏蔽", "bad"),
}


def page(sim: "WeChat", request: Request) -> Answer | None:
    if request.method not in {"GET", "HEAD"}:
        return None
    if request.path in {"/", "/notices"}:
        return _list(sim) if request.path == "/" else _notices(sim)
    name = request.path.rpartition("/")[2]
    if request.path in {f"/s/{name}", "/s"}:
        return _article(sim, request.query.get("sn", "") if request.path == "/s" else name)
    if request.path == f"/material/{name}" and name in sim.media.library:
        return _picture(request, sim.media.library[name].data)
    hosted = request.path.removeprefix("/mmbiz.qpic.cn")
    if hosted != request.path and hosted in sim.media.hosted:
        return _picture(request, sim.media.hosted[hosted])
    return None


def _list(sim: "WeChat") -> Answer:
    publications = sim.publishing.newest()
    jobs = [
        {"title": job.title, "word": WORDS[job.status][0], "tone": WORDS[job.status][1]}
        for job in reversed(sim.publishing.jobs.values())
    ]
    result = sim.publishing.plan.result
    return html(
        _PAGES,
        "list.html",
        platform="wechat",
        revision=sim.revision,
        account=sim.account.name,
        publications=publications,
        visible=sum(item.is_visible for one in publications for item in one.items),
        drafts=len(sim.drafts.box),
        mass_left=sim.mass.left(sim.clock.now()),
        jobs=jobs[:6],
        next_review="通过" if result == 0 else WORDS[result][0],
        may_publish=sim.may("freepublish"),
        calls=sim.journal.entries[:-9:-1],
    )


def _notices(sim: "WeChat") -> Answer:
    """Template and subscription messages, the newest first."""
    notices = [
        {
            "reader": str(one["touser"]),
            "said": [(_NAMES.get(name, name), str(value.get("value", ""))) for name, value in one["data"].items()],
            "url": link if (link := str(one.get("url") or one.get("page") or "")).startswith("http") else "",
        }
        for one in reversed(sim.templates)
    ]
    return html(
        _PAGES,
        "notices.html",
        platform="wechat",
        revision=sim.revision,
        account=sim.account.name,
        notices=notices,
        readers=len({one["reader"] for one in notices}),
        calls=sim.journal.entries[:-9:-1],
    )


def _article(sim: "WeChat", sn: str) -> Answer | None:
    found = sim.publishing.find(sn)
    if found is None:
        return None
    publication, item = found
    article = item.article
    if article.kind == "newspic":
        content = "".join(f"<p>{entities.escape(line)}</p>" for line in article.content.splitlines())
    else:
        content = _HOSTED.sub(r'\1/mmbiz.qpic.cn\2"', article.content)
    return html(
        _PAGES,
        "article.html",
        policy=_ARTICLE_POLICY,
        platform="wechat",
        revision=sim.revision,
        account=sim.account.name,
        publication=publication,
        item=item,
        pictures=article.pictures,
        content=Markup(content),
    )


def _picture(request: Request, data: bytes) -> Answer:
    return file(request, data, MEDIA_TYPES.get(kind_of(data) or "", "application/octet-stream"))
