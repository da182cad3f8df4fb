"""The doors: first run, one-time codes, passwords, sessions, and what stands before a signed-in person."""

from tests.integration.desk.house import PASSWORD, House


async def test_first_run_when_finished_signs_the_administrator_in_and_never_opens_again(house: House) -> None:
    admin = await house.set_up_on_pages()
    assert "郑管理" in admin.page

    other = house.browser()
    await other.get("/desk/first-run")
    assert other.at == "/desk/login"


async def test_person_when_added_comes_in_by_code_sets_a_password_and_signs_in_with_it(house: House) -> None:
    await house.set_up()
    await house.add_on_pages("shen", "沈静怡", "editor")

    again = house.browser()
    await again.get("/desk/login")
    await again.post("/desk/login", {"name": "shen", "password": PASSWORD, "next": "/desk/documents/"})
    assert again.at == "/desk/documents/"
