"""Failed calls are described for operators, without secrets and with bounded sizes."""

import json
from typing import Any

import pytest

from buildium_sync.buildium.call_description import Call, calls_for, failed_call, is_expected
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.errors import BuildiumError, BuildiumNotFound, BuildiumRejected

REJECTED = BuildiumRejected("Buildium returned 422: Name is taken", status=422, request_id="r-1")
CANARY = "canary-" + "4Kd8Wp2X"


def described(payload: Any = None, body: Any = b"", query: Any = None) -> FailedCall:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failed_call(Call("POST", "/rentals", query, payload, raw), REJECTED, {CANARY}, 0.25)


def test_the_request_and_the_response_are_kept() -> None:
    call = described({"Name": "Elm"}, {"UserMessage": "taken"}, {"limit": "1"})
    assert (call.method, call.path, call.status, call.error_code) == ("POST", "/rentals", 422, "rejected")
    assert (call.request_body, call.response_body) == ('{"Name":"Elm"}', '{"UserMessage":"taken"}')
    assert (call.query, call.request_id, call.duration_ms) == ('{"limit":"1"}', "r-1", 250)


@pytest.mark.parametrize(
    ("payload", "hidden"),
    [
        ({"TaxPayerId": "987-65-4321"}, "987-65-4321"),
        ({"Account": [{"AccountNumber": "770011223344"}]}, "770011223344"),
        ({"DateOfBirth": "1971-03-17"}, "1971"),
        ({"Memo": "his number is 987-65-4321"}, "987-65-4321"),
        ({"Memo": "employer 98-7654321"}, "98-7654321"),
        ({"Memo": f"key {CANARY}"}, CANARY),
        ({CANARY: 1}, CANARY),
    ],
)
def test_secrets_are_redacted_in_both_bodies(payload: dict[str, Any], hidden: str) -> None:
    call = described(payload, payload)
    assert hidden not in f"{call.request_body}{call.response_body}"
    assert "[redacted]" in str(call.request_body)
    assert "[redacted]" in str(call.response_body)


def test_a_secret_number_is_redacted_as_a_json_number() -> None:
    call = failed_call(Call("POST", "/rentals", None, None, b'{"Value": 770011223344}'), REJECTED, {"770011223344"}, 0)
    assert call.response_body == '{"Value":"[redacted]"}'


def test_bodies_have_a_limit() -> None:
    call = described({"Memo": "x" * 10_000}, {"Memo": "x" * 10_000})
    assert len(str(call.request_body)) == len(str(call.response_body)) == 4000


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", None),
        (b"<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>"),
        (b'{"TaxPayerId": "987654', "[invalid JSON]"),
    ],
)
def test_only_readable_responses_are_shown(body: bytes, shown: str | None) -> None:
    assert described(body=body).response_body == shown


def test_a_call_belongs_to_the_entity_of_its_block() -> None:
    ref = EntityRef("property", "7")
    with calls_for(ref):
        assert described().ref == ref
    assert described().ref is None


@pytest.mark.parametrize(
    ("method", "path", "error", "expected"),
    [
        ("GET", "/rentals/7", BuildiumNotFound("404", status=404), True),
        ("GET", "/rentals", BuildiumNotFound("404", status=404), False),
        ("PUT", "/rentals/7", BuildiumNotFound("404", status=404), False),
        ("GET", "/rentals/7", REJECTED, False),
    ],
)
def test_only_a_missing_entity_is_an_expected_failure(
    method: str, path: str, error: BuildiumError, *, expected: bool
) -> None:
    assert is_expected(Call(method, path, None, None), error) is expected
