"""Tables as rows of text with the numbers people see: XLSX by its parts, CSV in whatever Windows wrote."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from media.errors import MediaRefused
from media.worker.sheet import run
from tests.fakes.tables import xlsx

ASKED = {"rows": 3, "columns": 4, "entries": 100, "unpacked_bytes": 1 << 20}


def rows(data: bytes, tmp_path: Path, form: str = "csv") -> Any:
    given = tmp_path / "sheet"
    given.write_bytes(data)
    run(given, tmp_path, {**ASKED, "format": form})
    return json.loads((tmp_path / "sheet.json").read_text("utf-8"))["rows"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_when_read_is_what_was_typed(tmp_path: Path, encoding: str, mark: str) -> None:
    data = f'标题{mark}正文\n"夜{mark}市"{mark}"一\n二"\n{mark}\n尾{mark}\n'.encode(encoding)
    assert rows(data, tmp_path) == [[1, ["标题", "正文"]], [2, [f"夜{mark}市", "一\n二"]], [4, ["尾"]]]


def test_xlsx_when_read_gives_texts_numbers_and_dates(tmp_path: Path) -> None:
    data = xlsx([["标题", "日期", "数"], ["夜市", 46352.5, 3], [], ["尾"]], dates={1})
    assert rows(data, tmp_path, "xlsx") == [
        [1, ["标题", "日期", "数"]],
        [2, ["夜市", "2026-11-26 12:00", "3"]],
        [4, ["尾"]],
    ]


@pytest.mark.parametrize(
    ("data", "form", "code"),
    [
        (b"a\n" * 5, "csv", "media.sheet_too_large"),
        (b"a,b,c,d,e\n", "csv", "media.sheet_too_large"),
        (b"\x00\x01\x02", "csv", "media.sheet_kind"),
        (b'"a', "csv", "media.broken"),
        (b"PK\x03\x04", "xlsx", "media.broken"),
    ],
)
def test_table_that_cannot_be_read_is_refused(tmp_path: Path, data: bytes, form: str, code: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        rows(data, tmp_path, form)
    assert refused.value.code == code


def test_xlsx_when_it_is_something_else_or_a_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "word", "w") as package:
        package.writestr("word/document.xml", "<w/>")
    big = xlsx([["a" * (2 << 20)]])
    for data, code in (((tmp_path / "word").read_bytes(), "media.sheet_kind"), (big, "media.zip_bomb")):
        with pytest.raises(MediaRefused) as refused:
            rows(data, tmp_path, "xlsx")
        assert refused.value.code == code
