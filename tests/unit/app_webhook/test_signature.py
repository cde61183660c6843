"""A delivery is signed according to Standard Webhooks."""

import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from buildium_sync.app_webhook.standard_signature import InvalidSecret, signed_headers

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"id":"event-1","error":"Straße"}'


def headers(secret: str = SECRET, now: float | None = None) -> dict[str, str]:
    return signed_headers(secret, "event-1", BODY, time.time() if now is None else now)


def test_the_library_verifies_the_signature() -> None:
    assert Webhook(SECRET).verify(BODY, headers()) == {"id": "event-1", "error": "Straße"}


def test_the_signature_equals_the_example_of_the_specification() -> None:
    signed = signed_headers(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', 1_614_265_330.9)
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    ("secret", "body", "at"), [(OTHER, BODY, 0), (SECRET, BODY + " ", 0), (SECRET, BODY, -301), (SECRET, BODY, 301)]
)
def test_another_secret_body_or_time_is_not_verified(secret: str, body: str, at: int) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers(now=time.time() + at))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", "whsec_ä"])
def test_a_missing_or_invalid_secret_is_an_error(secret: str) -> None:
    with pytest.raises(InvalidSecret):
        headers(secret)
