"""The OpenAPI document describes the API as it is."""

import re
from collections.abc import Iterator

from openapi_spec_validator import validate

from buildium_sync.entity_types.registry import all_types
from functions.api.app import app
from tests.openapi.assertions import document, operations
from tests.template.template import events
from tools.openapi.document import PATH, text


def test_checked_in_document_is_current() -> None:
    assert PATH.read_text() == text(), "run `make openapi`"


def test_document_is_valid_openapi() -> None:
    validate(document())


def test_document_has_exactly_the_routes_of_the_api() -> None:
    # Powertools has no public list of a resolver's routes; the generator reads them in another way.
    behind = [*app._static_routes, *app._dynamic_routes]
    expected = {
        (str(route.method), path)
        for route in behind
        for path in _expanded(str(route.method), re.sub(r"<(\w+)>", r"{\1}", str(route.path)))
    }
    gateway = {(route["Method"], route["Path"]) for route in events("Api").values()}
    expected |= {route for route in gateway if route[1] != "/api/{proxy+}"}
    assert operations().keys() == expected


def test_server_is_relative_to_the_stage() -> None:
    assert [server["url"] for server in document()["servers"]] == ["."]


def test_security_matches_api_gateway() -> None:
    without_key = {route for route, operation in operations().items() if operation.get("security") == []}
    keyless = [route for route in events("Api").values() if not route.get("Auth", {}).get("ApiKeyRequired", True)]
    assert without_key == {(route["Method"], route["Path"]) for route in keyless}
    assert document()["components"]["securitySchemes"]["apiKey"]["name"] == "x-api-key"


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(set(ids)) == len(ids)


def _expanded(method: str, path: str) -> Iterator[str]:
    for entity_type in all_types() if "{collection}" in path else all_types()[:1]:
        is_create = method == "POST" and path in ("/api/{collection}", "/api/{collection}/batch")
        if not (is_create and entity_type.is_read_only):
            yield path.replace("{collection}", entity_type.collection)
