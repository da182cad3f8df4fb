"""What leaves the house, and under whose signature."""

import base64
import hashlib
import hmac

from cms.webhooks.events import EventFamily, new_secret, prefixes, signed

# The example of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_signature_when_made_is_that_of_the_published_example() -> None:
    headers = signed(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secret_when_new_is_another_of_32_bytes() -> None:
    first, second = new_secret(), new_secret()
    key = base64.b64decode(first.removeprefix("whsec_"))
    assert first != second
    assert len(key) == 32
    mac = hmac.new(key, b"a.1.b", hashlib.sha256).digest()
    assert signed(first, "a", 1, "b")["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"


def test_events_of_people_and_passwords_are_in_no_family() -> None:
    every = prefixes([family.value for family in EventFamily])
    for action in ("person.add", "role.grant", "session.revoke", "password.reset", "sign_in.failed", "api.allow"):
        assert not action.startswith(every)
    assert prefixes(["nothing"]) == ()
