"""Where a person must act: the pack with everything to post by hand, and the task to take a post down."""

import contextlib
import html
import io
import zipfile
from pathlib import Path
from typing import Final

from cms.contract import Bench, Made, Manual, Receipt, Services, Unknown
from media.threads import in_thread
from renderers.douyin import readings, takedowns
from renderers.douyin.account import Account
from renderers.douyin.attempts import address_of
from renderers.douyin.cards import qr
from renderers.douyin.payload import TEMPLATE, Payload

CONSOLE: Final = "https://creator.douyin.com/creator-micro/content/upload"
MANAGE: Final = "https://creator.douyin.com/creator-micro/content/manage"
_QR_SIDE: Final = 600
# A zip has a time for each entry; the same pack must be the same bytes.
_ALWAYS: Final = (1980, 1, 1, 0, 0, 0)
_PRIVATE: Final = ("公开", "仅自己可见", "互关朋友可见")
_DOWNLOAD: Final = ("允许", "不允许")


async def manual_task(payload: Payload, services: Services, *, instead_of: str = "") -> Manual:
    """The task to post by hand, with its pack; the person answers with the post's address."""
    made = await pack(payload, services)
    detail = {"task": "douyin.task.post", "pack": made.sha256, "link": CONSOLE, "ask": "url"}
    return Manual(detail | ({"task": "douyin.task.repost", "post": instead_of} if instead_of else {}))


async def take_down(post: str, account: Account) -> Receipt:
    """The platform lets nobody delete by interface: a task that stays open until a person has done it."""
    link = post if post.startswith("https://") else MANAGE
    if post and link == MANAGE:
        row = await readings.find(account, {"item": post})
        if row is not None and not isinstance(row, Unknown):
            link = address_of(row) or MANAGE
    await takedowns.watch(account, "" if post.startswith("https://") else post)
    detail = {"task": "douyin.task.take_down", "link": link, "ask": "proof"}
    return Receipt("manual", account.services.now(), (post,), link if link != MANAGE else None, detail)


async def pack(payload: Payload, services: Services) -> Made:
    """Film, covers, text, checklist and code in one zip, made once."""

    async def work(bench: Bench) -> Path:
        names = {f"01 图片/{number:02}.jpg": sha256 for number, sha256 in enumerate(payload.pictures, 1)}
        names = names or {"01 视频.mp4": payload.video}
        names |= {"02 封面3比4.jpg": payload.cover_3x4, "03 封面4比3.jpg": payload.cover_4x3}
        async with contextlib.AsyncExitStack() as stack:
            files = {name: await stack.enter_async_context(bench.file(sha256)) for name, sha256 in names.items()}
            return await in_thread(_zipped, payload, files, bench.folder / "pack.zip")

    key = f"pack {TEMPLATE} {payload.encode().decode()}"
    return await services.studio.make(key, work, media_type="application/zip")


def checklist(payload: Payload) -> str:
    """What to do, in order, as a page that opens on any computer without a network."""
    steps = (
        f'打开<a href="{CONSOLE}">抖音创作者中心</a>，用本单位的抖音号登录。',
        "选“发布图文”，按顺序上传“01 图片”里的全部图片。" if payload.pictures else "上传“01 视频.mp4”，等待处理完成。",
        f"标题填写：<b>{html.escape(payload.title)}</b>",
        "打开“04 文案.txt”，全选复制，粘贴到作品描述；确认话题变成蓝色。",
        "封面选择“上传封面”：竖版用“02 封面3比4.jpg”，横版用“03 封面4比3.jpg”。",
        f"谁可以看：<b>{_PRIVATE[payload.private]}</b>；允许他人保存：<b>{_DOWNLOAD[payload.download]}</b>。",
        "发布后打开作品，点“分享 → 复制链接”，回到云屏的待办里粘贴链接并确认。",
    )
    rows = "".join(f"<li><label><input type=checkbox> {step}</label></li>" for step in steps)
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>抖音发布清单</title>'
        "<style>body{max-width:42em;margin:2.5rem auto;padding:0 1.2rem;color:#1c1917;background:#fbf9f5;"
        'font:17px/1.8 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}'
        "h1{color:#9b1c1c;font-size:1.5rem}li{margin:.6rem 0}pre{white-space:pre-wrap;background:#fff;"
        "border:1px solid #e7e1d8;border-radius:8px;padding:1rem;font:inherit}a{color:#9b1c1c}</style>"
        f"<h1>抖音发布清单</h1><p>{html.escape(payload.title)}</p><ol>{rows}</ol>"
        f"<h2>文案</h2><pre>{html.escape(payload.text)}</pre>"
        f"<p>稿件原文：{html.escape(payload.link)}（二维码见“06 原文二维码.png”）</p></html>\n"
    )


def _zipped(payload: Payload, files: dict[str, Path], path: Path) -> Path:
    code = io.BytesIO()
    qr(payload.link, _QR_SIDE).save(code, "PNG")
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as zipped:
        for name, file in files.items():
            with zipped.open(_entry(name), "w", force_zip64=True) as entry, file.open("rb") as source:
                while block := source.read(1 << 20):
                    entry.write(block)
        # With a mark of its encoding, which an old Windows editor needs to show Chinese.
        zipped.writestr(_entry("04 文案.txt"), payload.text.replace("\n", "\r\n").encode("utf-8-sig"))
        zipped.writestr(_entry("05 发布清单.html"), checklist(payload).encode())
        zipped.writestr(_entry("06 原文二维码.png"), code.getvalue())
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ALWAYS)
    entry.external_attr = 0o644 << 16
    return entry
