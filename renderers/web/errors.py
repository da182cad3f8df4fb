"""The two pages that are not in the tree: what was never there, and what was taken back."""

from cms.contract import Columns, Site
from renderers.web import pages


def not_found(site: Site, columns: Columns = ()) -> bytes:
    return pages.page(
        "message.html", site=site, columns=columns, title="没有找到这个页面", text="地址可能有误，或页面已经移动。"
    )


def gone(site: Site, columns: Columns = ()) -> bytes:
    return pages.page(
        "message.html", site=site, columns=columns, title="这篇内容已撤回", text="发布单位已将它撤回，不再提供阅读。"
    )
