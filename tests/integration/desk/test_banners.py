"""What every page of a person says above its content."""

from cms.people.roles import Role
from tests.integration.desk.house import House
from tests.integration.desk.matrix import hire
from tests.integration.desk.test_routes import on_sqlite

ASKS = "还没有选定审核方案，目前按两审执行"


@on_sqlite
async def test_plan_banner_when_nobody_chose_asks_the_offices_chief_on_every_page_until_one_is_chosen(
    house: House,
) -> None:
    await house.set_up()
    chief = await house.add("wu", "吴建国", "chief")
    for path in ("/desk/", "/desk/documents/", "/desk/review/plans"):
        page = await chief.get(path)
        assert ASKS in page
        assert "一键采用三审三校，或明确保持两审" in page
        assert 'href="/desk/review/plans"' in page
    # Who cannot choose for the whole office is not asked.
    for one in (await hire(house, Role.CHIEF, "04"), house.logins["admin"]):
        assert ASKS not in await one.get("/desk/")

    # Also who keeps what ships has chosen.
    await chief.post("/desk/review/plans/take", {"take": "two", "seen": "0"})
    assert ASKS not in await chief.get("/desk/")
    await chief.post("/desk/review/plans/take", {"take": "three", "seen": "1"})
    page = await chief.get("/desk/review/plans")
    assert ASKS not in page
    assert "目前是两审制" not in page
