"""The commands an operator types when something is wrong: the record looked through, the index of search built anew."""

import asyncio
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import text

from cms.content.draft import Draft
from cms.content.editing import create
from cms.content.kinds import Kind
from cms.kernel.db import Database
from deploy.cli import main
from tests.office import NOW, STATION, make_office


async def test_start_when_a_setting_is_unknown_or_missing_names_it_and_touches_nothing(tmp_path: Path) -> None:
    given = {
        "YUNPING_PROT": "8080",
        "YUNPING_STORE": "s3://bucket/prefix",
        "YUNPING_S3_ENDPOINT": "https://s3.example.cn",
        "YUNPING_S3_KEY": "key",
    }
    for command in ("up", "migrate"):
        env = {"YUNPING_DATA": str(tmp_path / "data"), **given}
        said = await asyncio.to_thread(CliRunner().invoke, main, (command,), env=env)
        assert (said.exit_code, said.stdout) == (78, "")
        assert "没有名为 YUNPING_PROT 的设置，可能想写的是 YUNPING_PORT" in said.stderr
        del given["YUNPING_PROT"]
        said = await asyncio.to_thread(CliRunner().invoke, main, (command,), env=env | {"YUNPING_PROT": None})
        assert (said.exit_code, said.stdout) == (78, "")
        assert "缺少设置 YUNPING_S3_SECRET" in said.stderr
        given["YUNPING_PROT"] = "8080"
    assert not (tmp_path / "data").exists()


async def run(url: str, folder: Path, *arguments: str) -> Result:
    """As typed in a terminal: a loop of its own, so not on this thread."""
    env = {"YUNPING_DATA": str(folder), "YUNPING_DATABASE": url, "YUNPING_LANGUAGE": "zh-CN"}
    return await asyncio.to_thread(CliRunner().invoke, main, arguments, env=env)


async def test_command_when_the_record_is_touched_names_the_first_broken_line(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    office = await make_office(database)
    async with database.write() as session:
        author = await office.actor("author")
        for title in ("运河边的课堂", "太湖边的课堂"):
            draft = Draft(title=title, column="news")
            await create(session, author, kind=Kind.NEWS, unit=office.units[STATION], draft=draft, now=NOW)
    said = await run(database_url, tmp_path, "audit", "verify")
    assert (said.exit_code, said.output.startswith("操作记录完整：共校验到第 2 条")) == (0, True), said.output
    async with database.write() as session:
        await session.execute(text("UPDATE document_search SET text = 'x'"))
    said = await run(database_url, tmp_path, "reindex")
    assert (said.exit_code, said.output) == (0, "已重建 2 篇稿件的检索索引。\n")
    async with database.read() as session:
        assert "x" not in (await session.scalars(text("SELECT text FROM document_search"))).all()

    triggers = ("audit_no_update", "audit_no_delete") if database.is_sqlite else ("audit_append_only",)
    async with database.write() as session:
        for name in triggers:
            await session.execute(text(f"drop trigger {name}" + ("" if database.is_sqlite else " on audit_event")))
        await session.execute(text("UPDATE audit_event SET unit_path = '/' WHERE seq = 2"))
    said = await run(database_url, tmp_path, "audit", "verify")
    assert said.exit_code == 1
    assert said.stderr == "第 2 条记录异常：内容被改动\n请立即保全数据库并联系运维与安全负责人。\n"


async def test_command_when_the_database_is_away_says_so_in_a_sentence(tmp_path: Path) -> None:
    for arguments in (("audit", "verify"), ("reindex",)):
        said = await run(f"sqlite:///{tmp_path}/nothing.db", tmp_path, *arguments)
        assert (said.exit_code, said.stdout) == (69, "")
        assert said.stderr.startswith("数据库无法读取：no such table")
        assert "./yunping migrate" in said.stderr
