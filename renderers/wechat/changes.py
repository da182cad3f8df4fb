"""The compatibility report: what an article loses or changes on its way into the platform's narrow form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Chinese for the preview of editors; the catalogue of the desk has no room for what is not refused.
SENTENCES: Final[Mapping[str, str]] = {
    "title_cut": "标题超过 {limit} 字，已截短；可为微信单独填写标题。",
    "digest_cut": "摘要超过 {limit} 字，已截短；可为微信单独填写摘要。",
    "author_cut": "作者超过 {limit} 字，已截短。",
    "links": "{count} 个外部链接改为文末编号注释：微信只允许链接到公众号文章。",
    "links_dropped": "{count} 个地址不安全的链接只保留文字。",
    "video": "{count} 段视频改为封面卡片，读者点“阅读原文”观看：接口不接受视频。",
    "picture_missing": "{count} 张图片没有可用的文件，已略去。",
    "empty": "{count} 个空段落已略去。",
    "wide_table": "{count} 个较宽的表格改为左右滑动查看。",
    "many_columns": "有一个表格达 {count} 列，在手机上很难看清；请拆成几个表格，或截成图片插入。",
    "table_heavy": "正文约 {count} 字符是表格的排版；改成图片可以省下。",
    "typography": "{count} 处标点和全角字符按中文排版规范（GB/T 15834）改正。",
    "characters": "正文约 {count} 字符，超过上限 {limit}；请删减或拆成两篇，否则不能发布。",
    "bytes": "正文约 {count} 字节，超过上限 {limit}；请删减或拆成两篇，否则不能发布。",
    "utf16": "标题含表情等特殊字符，平台可能按更多字数计算。",
}
# These stop a post; the others are only told.
STOPPING: Final = frozenset({"characters", "bytes"})


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the report."""

    what: str
    params: Mapping[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return SENTENCES[self.what].format(**self.params)


class Tally:
    """Counts what is changed while an article is made."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, what: str, count: int = 1) -> None:
        if count:
            self._counts[what] = self._counts.get(what, 0) + count

    def most(self, what: str, count: int) -> None:
        """Keeps the largest instead of the sum."""
        self._counts[what] = max(self._counts.get(what, 0), count)

    def changes(self) -> tuple[Change, ...]:
        return tuple(Change(what, {"count": count}) for what, count in sorted(self._counts.items()))
