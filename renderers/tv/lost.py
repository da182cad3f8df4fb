"""The portal's own page for what is not there or was taken back: a box must never be left without a way on."""

from typing import Final

from cms.contract import Ask, Published, Reply, Site, Target
from renderers.tv import layout, pages, paths
from renderers.tv.plan import decode

KIND: Final = "tv"
_WORDS: Final = {
    404: ("这个页面不存在", "按确认键返回，或回到首页看看别的内容"),
    410: ("该内容已撤回", "内容已经下线，按确认键返回，或回到首页看看别的内容"),
}


async def lost(ask: Ask, status: int, published: Published, site: Site) -> Reply | None:
    """Implements `cms.contract.Lost`: for addresses of pages below a channel that there is."""
    code = ask.path.lstrip("/").partition("/")[0]
    data = await published.read(paths.plan(code)) if ask.path.endswith("/") else None
    if data is None:
        return None
    try:
        name = decode(data).name
    except ValueError:
        return None
    title, hint = _WORDS[status]
    page = pages.page(
        "lost.html",
        site=site,
        target=Target(code, KIND, name),
        code=code,
        reach=layout.reach("lost", ("back", "home")),
        title=title,
        hint=hint,
    )
    return Reply(status, pages.HTML, (page,), headers={"Cache-Control": "no-cache"})
