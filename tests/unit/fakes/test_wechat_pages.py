"""What the simulator shows a follower."""

from tests.fakes.wechat.simulator import WeChat


async def shown(sim: WeChat, path: str) -> str:
    status, _, data = await sim.handle("GET", f"http://127.0.0.1:9071{path}", None, None)
    assert status == 200
    return data.decode()


async def test_pages_before_anything_came_say_so() -> None:
    sim = WeChat()
    assert "还没有收到通知" in await shown(sim, "/notices")
    assert sim.account.name in await shown(sim, "/")


async def test_notice_is_shown_to_its_reader_with_every_value_and_its_link() -> None:
    sim = WeChat()
    data = {"thing1": {"value": "湖边新建十里步道"}, "thing2": {"value": "吴江发布"}}
    sim.templates.append({"touser": "oReader", "template_id": "t", "data": data, "url": "https://hub.example/d/1/"})
    page = await shown(sim, "/notices")
    for word in ("oReader", "湖边新建十里步道", "吴江发布", 'href="https://hub.example/d/1/"'):
        assert word in page
