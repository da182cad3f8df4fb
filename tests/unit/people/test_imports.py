"""Tables of units and people: what they would make, and every fault by its row, column and reason."""

import pytest
from hypothesis import given, strategies as st

from cms.kernel.errors import Invalid
from cms.people import people_import, unit_import
from cms.people.people_import import plan_people
from cms.people.roles import Role
from cms.people.sheets import Row, read_rows
from cms.people.unit_import import UnitPlan, plan_units

TREE = {"/320509/": "centre", "/320509/04/": "institute", "/320509/05/": "institute", "/320509/05/017/": "station"}
CENTRE = ("/320509/",)
ROLES = {"采编": Role.EDITOR, "审计员": Role.AUDITOR, "总编": Role.CHIEF}


def units(text: str, within: tuple[str, ...] = CENTRE) -> UnitPlan:
    return plan_units(read_rows(f"代码,名称,层级,上级\n{text}".encode(), unit_import.COLUMNS), TREE, within)


def told(plan: UnitPlan) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.code.removeprefix("people.csv_")) for one in plan.faults]


def test_units_when_good_are_planned_parents_first_whatever_the_order() -> None:
    plan = units(
        "001,文化广场点,点,/320509/04/018/\n018,太湖新城站,站,320509/04\n06,开发区所,所,\n06A,示范站,station,06\n"
    )
    assert [one.path for one in plan.units] == [
        *("/320509/04/018/", "/320509/06/", "/320509/04/018/001/", "/320509/06/06a/"),
    ]
    assert told(plan) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("018,太湖新城站,站,99", (2, "parent", "no_parent")),
        ("018,太湖新城站,站,320509/99", (2, "parent", "no_parent")),
        ("04,又一个所,所,320509", (2, "code", "code_taken")),
        ("018,太湖新城站,街道,04", (2, "level", "level")),
        ("018,太湖新城所,所,320509/05/017", (2, "level", "level_order")),
        ("018,,站,04", (2, "name", "name")),
        ("十八,太湖新城站,站,04", (2, "code", "code")),
        ("a,甲,站,b\nb,乙,站,a", (2, "parent", "no_parent")),
        ("018,甲站,站,04\n018,乙站,站,04", (3, "code", "code_twice")),
        ("017,甲站,站,04\n001,甲点,点,017", (3, "parent", "parent_ambiguous")),
    ],
)
def test_unit_when_wrong_is_named_and_nothing_is_planned(line: str, fault: tuple[int, str, str]) -> None:
    plan = units(line)
    assert fault in told(plan)
    assert plan.units == ()


def test_row_when_wrong_twice_is_told_of_both() -> None:
    assert told(units("002,乙站,街道,999\n,,x,04")) == [
        *((2, "level", "level"), (2, "parent", "no_parent")),
        *((3, "code", "code"), (3, "level", "level"), (3, "name", "name")),
    ]


def test_unit_when_outside_of_the_importers_reach_is_refused() -> None:
    assert told(units("018,甲站,站,04", ("/320509/05/",))) == [(2, "parent", "reach")]
    assert [one.path for one in units("018,甲站,站,", ("/320509/05/",)).units] == ["/320509/05/018/"]


def test_tree_of_a_district_when_planned_holds_every_unit() -> None:
    lines = [f"i{n:02},第{n}所,所," for n in range(11)]
    lines += [f"s{n:03},第{n}站,站,320509/i{n % 11:02}" for n in range(289)]
    lines += [f"p{n:03},第{n}点,点,320509/i{n % 289 % 11:02}/s{n % 289:03}" for n in range(500)]
    plan = units("\n".join(reversed(lines)))
    assert (len(plan.units), plan.faults) == (800, ())


def people(text: str) -> list[tuple[int, str, str]]:
    rows = read_rows(f"姓名,用户名,单位,角色,电话\n{text}".encode(), people_import.COLUMNS)
    plan = plan_people(rows, units=list(TREE), within=CENTRE, taken=frozenset({"shen"}), role_names=ROLES)
    assert bool(plan.faults) is not bool(plan.people)
    return [(one.row, one.column, one.code.removeprefix("people.")) for one in plan.faults]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("沈静怡,Shen,04,采编,", (2, "login", "csv_login_taken")),
        ("甲,jia,04,采编,\n乙,jia,05,采编,", (3, "login", "csv_login_twice")),
        ("甲,jia,99,采编,", (2, "unit", "csv_no_unit")),
        ("甲,jia,04,作者,", (2, "roles", "csv_role")),
        ("甲,jia,04,总编；审计员,", (2, "roles", "roles_exclude")),
        ("甲,j,04,采编,", (2, "login", "csv_login")),
        (",jia,04,采编,", (2, "name", "csv_name")),
        ("甲,jia,04,采编,电话没有", (2, "phone", "csv_phone")),
    ],
)
def test_person_when_wrong_is_named(line: str, fault: tuple[int, str, str]) -> None:
    assert people(line) == [fault]


def test_person_when_good_is_planned_with_roles_by_their_names() -> None:
    rows = read_rows(
        "姓名\t登录名\t单位\t角色\n甲\tJia\t320509/05/017\t采编、总编\n".encode("gb18030"), people_import.COLUMNS
    )
    plan = plan_people(rows, units=list(TREE), within=CENTRE, taken=frozenset(), role_names=ROLES)
    (one,) = plan.people
    assert (one.login, one.unit, one.roles) == ("jia", "/320509/05/017/", (Role.EDITOR, Role.CHIEF))
    assert plan.signs


HEAD = "代码,名称,层级\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "people.csv_empty"),
        (HEAD.encode(), "people.csv_empty"),
        ("代码,名称\n1,甲\n".encode(), "people.csv_columns"),
        (b"\x00\x01\x02\xff\xfe", "people.csv_text"),
        (b"PK\x03\x04" + bytes(60), "people.csv_text"),
        (b"x" * (1 << 20) + b"y", "people.csv_large"),
        ((HEAD + "1,甲,站\n" * 5001).encode(), "people.csv_rows"),
        ((HEAD + f"1,{'甲' * 401},站\n").encode(), "people.csv_cell"),
        ((HEAD + '1,"甲,站\n').encode(), "people.csv_text"),
    ],
)
def test_table_when_it_is_none_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rows(data, unit_import.COLUMNS)
    assert refused.value.code == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_table_when_saved_by_a_spreadsheet_is_read(encoding: str, delimiter: str) -> None:
    text = "层级,代码,名称,备注\r\n\r\n站,018, 太湖新城站 ,x\r\n,,,\r\n".replace(",", delimiter)
    assert read_rows(text.encode(encoding), unit_import.COLUMNS) == [
        Row(3, {"code": "018", "name": "太湖新城站", "level": "站"})
    ]


@given(st.binary(max_size=300))
def test_table_when_anything_at_all_is_read_or_refused(data: bytes) -> None:
    try:
        rows = read_rows(HEAD.encode() + data, unit_import.COLUMNS)
    except Invalid:
        return
    plan = plan_units(rows, TREE, CENTRE)
    assert all(one.row >= 2 for one in plan.faults)
    assert len({one.path for one in plan.units}) == len(plan.units)
