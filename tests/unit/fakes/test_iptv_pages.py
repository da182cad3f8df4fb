"""What the operator's simulator shows."""

from tests.fakes.iptv.operator import Operator


async def test_library_before_anything_came_says_so() -> None:
    status, _, data = await Operator().handle("GET", "http://127.0.0.1:9074/", None, None)
    page = data.decode()
    assert status == 200
    assert "还没有节目" in page
    assert "还没有收到指令" in page
