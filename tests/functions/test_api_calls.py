"""GET /api/{collection}/{id}/calls and /api/buildium/calls: the failed Buildium calls, newest first."""

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.store.failed_call_items import FailedCallStore
from tests.aws import ACTIVITY
from tests.functions.api import PROPERTY_ID, Api

START = 1_795_356_000.0
PATH = f"/api/properties/{PROPERTY_ID}/calls"
_RETENTION_SECONDS = 14 * 86_400


def fail(api: Api, ref: EntityRef | None, number: int = 0) -> None:
    """Record a failed call, one second later for each number."""
    call = FailedCall(ref, "PUT", "/rentals/7", None, f'{{"n":{number}}}', 422, None, None, 12, "rejected", "taken")
    FailedCallStore(api.dynamodb, ACTIVITY, lambda: START + number).add(call)


def test_without_failed_calls_both_lists_are_empty(api: Api) -> None:
    api.keep()
    assert api.file("calls").body == {"items": [], "nextCursor": None}
    assert api.file("calls-other").body == {"items": [], "nextCursor": None}


def test_failed_calls_are_listed_newest_first_in_pages(api: Api) -> None:
    ref = api.keep()
    for number in range(3):
        fail(api, ref, number)
    first = api.get(PATH, limit="2").body
    assert [item["requestBody"] for item in first["items"]] == ['{"n":2}', '{"n":1}']
    last = api.get(PATH, limit="2", cursor=first["nextCursor"]).body
    assert [item["requestBody"] for item in last["items"]] == ['{"n":0}']


def test_a_failed_call_has_its_request_and_response(api: Api) -> None:
    fail(api, api.keep())
    [item] = api.get(PATH).body["items"]
    assert item == {
        "at": format_iso(START),
        "method": "PUT",
        "path": "/rentals/7",
        "query": None,
        "requestBody": '{"n":0}',
        "status": 422,
        "responseBody": None,
        "requestId": None,
        "durationMs": 12,
        "errorCode": "rejected",
        "error": "taken",
    }


def test_calls_for_no_entity_have_a_list_of_their_own(api: Api) -> None:
    api.keep()
    fail(api, None)
    assert len(api.get("/api/buildium/calls").body["items"]) == 1
    assert api.get(PATH).body["items"] == []


def test_an_unknown_entity_has_no_calls(api: Api) -> None:
    assert api.get(PATH).status == 404


def test_failed_calls_expire_after_14_days(api: Api) -> None:
    fail(api, None)
    [item] = api.dynamodb.scan(TableName=ACTIVITY)["Items"]
    assert item["expiresAt"]["N"] == str(int(START) + _RETENTION_SECONDS)
