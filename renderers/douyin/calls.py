"""Calls in the person's name: a refused token is refreshed and the call made once more."""

from collections.abc import Mapping

from cms.contract import NotSent
from renderers.douyin.account import Account, Halt, not_sent
from renderers.douyin.errors import Action
from renderers.douyin.tokens import refresh
from renderers.douyin.wire import Answer, Garbled, address


async def call(
    account: Account,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
    content_type: str | None = None,
    method: str = "POST",
) -> Answer | Garbled:
    """What the platform says; a refusal of the token comes before any effect, so that repeating is safe.

    Raises:
        Halt: there is no token, or it cannot be refreshed.
    """
    token = await account.services.vault.get("access_token")
    if not token:
        raise Halt(NotSent("douyin.setup.no_consent", retry=False))
    url = address(account.settings.base_url, path, open_id=account.open_id, **(query or {}))
    headers = {"access-token": token} | ({"content-type": content_type} if content_type else {})
    answer = await account.request(method, url, body=body, headers=headers, name=path)
    if isinstance(answer, Answer) and answer.row.action is Action.refresh:
        headers["access-token"] = await refresh(account, used=token)
        answer = await account.request(method, url, body=body, headers=headers, name=path)
        if isinstance(answer, Answer) and answer.row.action is Action.refresh:
            raise Halt(not_sent(answer.row, answer))
    return answer
