"""What API Gateway adds to a request. A client cannot forge it."""

from buildium_sync.gateway_request import checked_api_key, request_id
from tests.harness.events import api_request

FORGED = "forged"
CHECKED = "checked"


def test_a_client_cannot_choose_the_id_of_its_request() -> None:
    event = api_request("GET", "/api/properties", headers={"x-amzn-requestid": FORGED}, request_id=CHECKED)
    event["requestContext"]["requestId"] = FORGED
    assert request_id(event) == CHECKED


def test_the_api_key_is_the_one_that_was_checked() -> None:
    event = api_request("GET", "/api/properties", headers={"X-Api-Key": FORGED})
    assert checked_api_key(event) == FORGED
    event["requestContext"]["identity"]["apiKey"] = CHECKED
    assert checked_api_key(event) == CHECKED
